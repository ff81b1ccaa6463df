using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace LoraComposition.Tests.Conventions;

/// <summary>Calls that work only while nothing of the program has been trimmed away, as their own attribute says.</summary>
static class ReflectionUse
{
    /// <summary>Each such call, after the type whose code holds it.</summary>
    public static IEnumerable<string> In(IEnumerable<Type> types) =>
        from type in types
        from method in IlCode.MethodsOf(type)
        from member in IlCode.Of(method).Select(instruction => instruction.Member).OfType<MethodBase>()
        where member.IsDefined(typeof(RequiresUnreferencedCodeAttribute)) || member.DeclaringType!.IsDefined(typeof(RequiresUnreferencedCodeAttribute))
        select $"{type}.{method.Name}: {member.DeclaringType!.Name}.{member.Name}";
}
