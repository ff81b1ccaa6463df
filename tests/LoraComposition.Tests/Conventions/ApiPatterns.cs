using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Tests.Conventions;

/// <summary>The shapes that options, exceptions and long operations have everywhere. Each rule gives a line for each type or member that breaks it.</summary>
static class ApiPatterns
{
    /// <summary>Options are sealed records that are complete without a setting, cannot be changed once made, and check themselves where there is anything to check.</summary>
    public static IReadOnlyList<string> Options(IEnumerable<Type> types) =>
        [.. types.Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) || type.Name.EndsWith("Config", StringComparison.Ordinal)).SelectMany(type => OptionsProblems(type).Select(what => $"{type.FullName}: {what}"))];

    /// <summary>Every exception is one of the library's, so that a user can catch them all.</summary>
    public static IReadOnlyList<string> Exceptions(IEnumerable<Type> types) =>
        [.. types.Where(type => typeof(Exception).IsAssignableFrom(type) && !typeof(LoraCompositionException).IsAssignableFrom(type)).Select(type => $"{type.FullName}: no {nameof(LoraCompositionException)}")];

    /// <summary>Logger, progress and cancellation come last, in this order, under these names, and can be left out.</summary>
    public static IReadOnlyList<string> LongOperations(IEnumerable<Type> types) =>
    [
        .. from member in types.SelectMany(PublicMembers.Of).OfType<MethodBase>()
           let parameters = member.GetParameters()
           from parameter in parameters
           let place = Place(parameter.ParameterType)
           where place > 0 && !(parameter.IsOptional && parameter.Name == Name(place) && parameters.Skip(parameter.Position + 1).All(later => Place(later.ParameterType) > place))
           select $"{DocumentationFile.Id(member)[2..]}: {parameter.Name}",
    ];

    static int Place(Type type) =>
        type == typeof(ILogger) ? 1
        : type.Name is "IProgressReporter" or "IProgressTask" || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IProgress<>)) ? 2
        : type == typeof(CancellationToken) ? 3 : 0;

    static string Name(int place) => place switch { 1 => "logger", 2 => "progress", _ => "cancellation" };

    static IEnumerable<string> OptionsProblems(Type type)
    {
        // What several kinds of options share is checked as a part of each.
        if (type.IsAbstract && PublicMembers.IsRecord(type)) yield break;
        if (!type.IsSealed || !PublicMembers.IsRecord(type)) yield return "no sealed record";
        if (type.GetConstructor([]) is null)
        {
            yield return "cannot be made without settings";
            yield break;
        }
        var settings = type.GetProperties().Where(property => property.SetMethod is { IsPublic: true }).ToArray();
        foreach (var setting in settings.Where(setting => !setting.SetMethod!.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)))) yield return $"{setting.Name} can be changed";
        var validate = type.GetMethod("Validate", []);
        if (validate is null && settings.Any(setting => setting.PropertyType != typeof(bool))) yield return "no Validate";
        if (validate?.Invoke(Activator.CreateInstance(type), []) is not null) yield return "Validate gives something back";
    }
}
