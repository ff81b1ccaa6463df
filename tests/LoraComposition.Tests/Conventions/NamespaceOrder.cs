using System.Reflection;

namespace LoraComposition.Tests.Conventions;

/// <summary>Which namespaces may use which: each those in front of it, none behind.</summary>
/// <param name="root">The namespace that all of them lie in. What stands in it directly may be used by all.</param>
/// <param name="order">Their names below the root, from the ground up.</param>
sealed class NamespaceOrder(string root, params IReadOnlyList<string> order)
{
    /// <summary>A line for each use against the order, and for each namespace that the order does not name.</summary>
    public IReadOnlyList<string> Violations(IEnumerable<Type> types) =>
    [
        .. types.Where(type => !type.IsNested).SelectMany(outer => IlCode.WithNested(outer).SelectMany(Uses).Select(used => Problem(outer, used)).OfType<string>().Distinct()).Order(StringComparer.Ordinal),
    ];

    string? Problem(Type user, Type used)
    {
        if (Place(user) is not { } from || Place(used) is not { } to) return null;
        if (from < 0) return $"{user.FullName}: its namespace is not in the order";
        return to > from || to < 0 ? $"{user.FullName} uses {used.FullName}" : null;
    }

    /// <summary>Null outside the root and directly in it; -1 for a name that is not in the order.</summary>
    int? Place(Type type)
    {
        if (type.Namespace is not { } name || !name.StartsWith(root + ".", StringComparison.Ordinal)) return null;
        string part = name[(root.Length + 1)..].Split('.')[0];
        return order.Index().Where(p => p.Item == part).Select(p => (int?)p.Index).FirstOrDefault() ?? -1;
    }

    static IEnumerable<Type> Uses(Type type)
    {
        const BindingFlags own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var signature = type.GetInterfaces().Append(type.BaseType).Concat(type.GetFields(own).Select(field => field.FieldType));
        var methods = IlCode.MethodsOf(type).SelectMany(method => method.GetParameters().Select(p => p.ParameterType)
            .Append((method as MethodInfo)?.ReturnType)
            .Concat(method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? [])
            .Concat(IlCode.Of(method).SelectMany(named => TypesOf(named.Member))));
        return signature.Concat(methods).OfType<Type>().SelectMany(Parts);
    }

    static IEnumerable<Type?> TypesOf(MemberInfo member) => member switch
    {
        Type type => [type],
        MethodInfo { IsGenericMethod: true } method => [method.DeclaringType, .. method.GetGenericArguments()],
        _ => [member.DeclaringType],
    };

    static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType) return Parts(type.GetElementType()!);
        return type.IsGenericType ? type.GetGenericArguments().Where(argument => !argument.IsGenericParameter).SelectMany(Parts).Append(type) : [type];
    }
}
