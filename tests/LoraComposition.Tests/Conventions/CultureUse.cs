using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace LoraComposition.Tests.Conventions;

/// <summary>
/// Calls that compare, order or change texts by the culture of the thread. Tests run without cultures, so that the compiled code has to be searched:
/// a query's <c>orderby</c> on texts looks as harmless as one on numbers.
/// </summary>
static class CultureUse
{
    static readonly string[] ordering =
    [
        "Order", "OrderDescending", "OrderBy", "OrderByDescending", "ThenBy", "ThenByDescending", "Sort", "BinarySearch", "Min", "Max", "MinBy", "MaxBy",
    ];

    static readonly string[] searching = ["StartsWith", "EndsWith", "IndexOf", "LastIndexOf"];

    static readonly Type[] sorted = [typeof(SortedDictionary<,>), typeof(SortedList<,>), typeof(SortedSet<>)];

    /// <summary>Each such call, after the type whose code holds it.</summary>
    public static IEnumerable<string> In(IEnumerable<Type> types) =>
        from type in types
        from method in IlCode.MethodsOf(type)
        from member in IlCode.Of(method).Select(instruction => instruction.Member).OfType<MethodBase>()
        where DependsOnCulture(member)
        select $"{type}.{method.Name}: {member.DeclaringType!.Name}.{member.Name}";

    static bool DependsOnCulture(MethodBase member)
    {
        var type = member.DeclaringType!;
        var parameters = member.GetParameters().Select(parameter => parameter.ParameterType).ToArray();
        if (type == typeof(string)) return ComparesTexts(member.Name, parameters);
        if (type == typeof(StringComparer)) return member.Name.Contains("Culture", StringComparison.Ordinal);
        if (type == typeof(CultureInfo)) return member.Name.StartsWith("get_Current", StringComparison.Ordinal);
        if (parameters.Any(IsComparer)) return false;
        if (type.IsGenericType)
        {
            var open = type.GetGenericTypeDefinition();
            if (open == typeof(Comparer<>)) return member.Name == "get_Default" && HoldsText(type.GetGenericArguments()[0]);
            if (sorted.Contains(open)) return member is ConstructorInfo && HoldsText(type.GetGenericArguments()[0]);
            if (open == typeof(PriorityQueue<,>)) return member is ConstructorInfo && HoldsText(type.GetGenericArguments()[1]);
            if (open == typeof(List<>)) return ordering.Contains(member.Name) && HoldsText(type.GetGenericArguments()[0]);
        }
        if (!ordering.Contains(member.Name) || !member.IsGenericMethod || (type != typeof(Enumerable) && type != typeof(Array) && type != typeof(MemoryExtensions))) return false;
        // What a selector returns, or the elements; of a pair of arrays or spans the first one's.
        var selector = parameters.FirstOrDefault(parameter => parameter.IsGenericType && parameter.GetGenericTypeDefinition() == typeof(Func<,>));
        return HoldsText(selector is null ? member.GetGenericArguments()[0] : selector.GetGenericArguments()[^1]);
    }

    static bool ComparesTexts(string name, Type[] parameters)
    {
        if (parameters.Contains(typeof(StringComparison)) || parameters.Contains(typeof(CultureInfo))) return false;
        return name is "Compare" or "CompareTo" or "ToLower" or "ToUpper" || (searching.Contains(name) && parameters[0] == typeof(string));
    }

    static bool IsComparer(Type type) => type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(IComparer<>) || type.GetGenericTypeDefinition() == typeof(Comparison<>));

    /// <summary>A tuple compares its items in their default order.</summary>
    static bool HoldsText(Type type) => type == typeof(string) || (typeof(ITuple).IsAssignableFrom(type) && type.GetGenericArguments().Any(HoldsText));
}
