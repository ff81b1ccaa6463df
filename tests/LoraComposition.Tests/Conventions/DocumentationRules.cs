using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TorchSharp;

namespace LoraComposition.Tests.Conventions;

/// <summary>What the documentation of an assembly must say. Each rule gives a line for each member that breaks it.</summary>
/// <param name="documentation">The documentation of the types.</param>
/// <param name="types">The public types to look at.</param>
sealed partial class DocumentationRules(DocumentationFile documentation, IReadOnlyList<Type> types)
{
    IEnumerable<(MemberInfo Member, XElement? Text)> Members => types.SelectMany(PublicMembers.Of).Select(member => (member, documentation.Find(member)));

    /// <summary>Every type and member has a summary, its parameters and results a line each. Overrides may leave all of it to what they override.</summary>
    public IReadOnlyList<string> Undocumented() =>
    [
        .. types.Where(type => !Has(documentation.Find(type), "summary")).Select(type => $"{type.FullName}: no summary"),
        .. Members.SelectMany(m => Missing(m.Member, m.Text).Select(what => $"{Describe(m.Member)}: no {what}")),
    ];

    /// <summary>Where a tensor goes in or comes out its shape stands in code: <c>[…]</c>.</summary>
    public IReadOnlyList<string> WithoutShape() =>
        [.. Members.Where(m => !Inherits(m.Text)).SelectMany(m => TextsOf(m.Member, m.Text).Where(t => IsTensor(t.Type) && !Shape().IsMatch(t.Text)).Select(t => $"{Describe(m.Member)}: no shape of {t.Name}"))];

    /// <summary>Who owns a result, or a property, that holds native memory or files.</summary>
    public IReadOnlyList<string> WithoutOwner() =>
        [.. Members.Where(m => !Inherits(m.Text)).SelectMany(m => TextsOf(m.Member, m.Text).Where(t => t.Name is "the result" or "the property" && IsOwned(t.Type) && !Owner().IsMatch(t.Text)).Select(t => $"{Describe(m.Member)}: does not say who owns {t.Name}"))];

    /// <summary>Every exception that a member makes itself, or a private helper of its type does, has a tag. Null and blank arguments go without.</summary>
    public IReadOnlyList<string> WithoutException() =>
        [.. Members.Where(m => !Inherits(m.Text)).SelectMany(m => Thrown(m.Member).Where(thrown => !Returns(m.Member, thrown) && !Tags(m.Text).Any(tag => Covers(tag, thrown))).Select(thrown => $"{Describe(m.Member)}: no tag for {thrown.Name}"))];

    /// <summary>Every class says whether several threads may use it, in its remarks or its base's. Records of values, exceptions and static classes have no state to speak of.</summary>
    public IReadOnlyList<string> WithoutThreadSafety() =>
        [.. types.Where(type => type.IsClass && !(type.IsAbstract && type.IsSealed) && !PublicMembers.IsRecord(type) && !typeof(Exception).IsAssignableFrom(type) && !Threads().IsMatch(RemarksOf(type))).Select(type => $"{type.FullName}: nothing about threads")];

    IEnumerable<string> Missing(MemberInfo member, XElement? text)
    {
        if (IsPositional(member) || (Inherits(text) && (CanInherit(member) || text!.Element("inheritdoc")!.Attribute("cref") is not null))) yield break;
        if (!Has(text, "summary")) yield return "summary";
        if (member is not MethodBase method) yield break;
        foreach (var parameter in method.GetParameters().Where(p => Element(member, text, p.Name!) is null)) yield return $"line on {parameter.Name}";
        if (method is MethodInfo { ReturnType: var type } && type != typeof(void) && !Has(text, "returns")) yield return "line on the result";
    }

    IEnumerable<(string Name, Type Type, string Text)> TextsOf(MemberInfo member, XElement? text) => member switch
    {
        MethodBase method => method.GetParameters().Select(p => (p.Name!, p.ParameterType, Code(Element(member, text, p.Name!))))
            .Concat(method is MethodInfo { ReturnType: var type } && type != typeof(void) ? new[] { ("the result", type, Code(text?.Element("returns"))) } : []),
        PropertyInfo property => [("the property", property.PropertyType, Code(text?.Element("summary")))],
        _ => [],
    };

    /// <summary>The exceptions whose constructors a member calls, or the throw helpers: its own body, its lambdas, and what it calls in its own type that users do not see.</summary>
    static IReadOnlyCollection<Type> Thrown(MemberInfo member)
    {
        var found = new HashSet<Type>();
        var seen = new HashSet<MethodBase>();
        var open = new Stack<MethodBase>(member switch
        {
            MethodBase method => [method],
            PropertyInfo property => property.GetAccessors(nonPublic: true),
            _ => [],
        });
        var outer = Outermost(member.DeclaringType!);
        while (open.TryPop(out var method))
        {
            if (!seen.Add(method)) continue;
            foreach (var (code, named) in IlCode.Of(method))
            {
                if (named is not MethodBase called) continue;
                if (code == OpCodes.Newobj && typeof(Exception).IsAssignableFrom(called.DeclaringType)) found.Add(called.DeclaringType!);
                else if (ThrowHelper(called) is { } helped) found.Add(helped);
                else if (called.DeclaringType is { } type && Outermost(type) == outer && (!PublicMembers.IsVisible(called) || type != outer)) open.Push(Definition(called));
            }
        }
        return found;
    }

    static Type? ThrowHelper(MethodBase called) => called.DeclaringType switch
    {
        { } type when type == typeof(CancellationToken) && called.Name == nameof(CancellationToken.ThrowIfCancellationRequested) => typeof(OperationCanceledException),
        // Null and blank arguments are the same everywhere.
        { } type when typeof(Exception).IsAssignableFrom(type) && called.Name.StartsWith("ThrowIf", StringComparison.Ordinal) && !called.Name.StartsWith("ThrowIfNull", StringComparison.Ordinal) => type,
        _ => null,
    };

    // What a member makes and hands on it does not throw itself.
    static bool Returns(MemberInfo member, Type thrown) => member is MethodInfo method && method.ReturnType == thrown;

    static IEnumerable<string> Tags(XElement? text) => text?.Elements("exception").Select(tag => tag.Attribute("cref")?.Value ?? "") ?? [];

    static bool Covers(string tag, Type thrown)
    {
        for (var type = thrown; type is not null && type != typeof(Exception); type = type.BaseType)
            if (tag == "T:" + type.FullName) return true;
        return false;
    }

    string RemarksOf(Type type)
    {
        string remarks = "";
        for (var at = type; at is not null && at.Assembly == type.Assembly; at = at.BaseType) remarks += documentation.Find(at is { IsGenericType: true } ? at.GetGenericTypeDefinition() : at)?.Element("remarks")?.Value;
        return remarks;
    }

    // The parameters of a record are its properties too, and are written at the type.
    XElement? Element(MemberInfo member, XElement? text, string parameter) =>
        Parameter(text, parameter) ?? (member is ConstructorInfo && PublicMembers.IsRecord(member.DeclaringType!) ? Parameter(documentation.Find(member.DeclaringType!), parameter) : null);

    bool IsPositional(MemberInfo member) =>
        member is PropertyInfo && PublicMembers.IsRecord(member.DeclaringType!) && Parameter(documentation.Find(member.DeclaringType!), member.Name) is not null
        || member is ConstructorInfo { } made && PublicMembers.IsRecord(member.DeclaringType!) && made.GetParameters() is { Length: > 0 } all && all.All(p => p.ParameterType == member.DeclaringType || Parameter(documentation.Find(member.DeclaringType!), p.Name!) is not null);

    static XElement? Parameter(XElement? text, string name) => text?.Elements("param").FirstOrDefault(param => param.Attribute("name")?.Value == name && param.Value.Trim() is not "");

    static bool Has(XElement? text, string element) => text?.Element(element) is { } found && (found.Value.Trim() is not "" || found.HasElements);

    static bool Inherits(XElement? text) => text?.Element("inheritdoc") is not null;

    static bool CanInherit(MemberInfo member)
    {
        var method = member as MethodInfo ?? (member as PropertyInfo)?.GetAccessors(nonPublic: true)[0];
        return method is not null && (method.GetBaseDefinition() != method || (method.IsVirtual && member.DeclaringType!.GetInterfaces().Any(i => member.DeclaringType.GetInterfaceMap(i).TargetMethods.Contains(method))));
    }

    static bool IsTensor(Type type) => type == typeof(torch.Tensor) || type == typeof(TorchSharp.Modules.Parameter) || (type.HasElementType && IsTensor(type.GetElementType()!))
        || (type.IsGenericType && type.GetGenericArguments().Contains(typeof(torch.Tensor)) && !typeof(Delegate).IsAssignableFrom(type) && !typeof(torch.nn.Module).IsAssignableFrom(type));

    static bool IsOwned(Type type) => typeof(IDisposable).IsAssignableFrom(type) || (type.IsGenericType && type.GetGenericArguments().Any(IsOwned));

    // What is marked as code keeps its mark, so that a shape can be told from a remark in brackets.
    static string Code(XElement? text) => text is null ? "" : string.Concat(text.Nodes().Select(node => node is XElement { Name.LocalName: "c" } code ? $"`{code.Value}`" : node is XElement other ? other.Value + other.Attribute("cref")?.Value : node.ToString()));

    static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    static MethodBase Definition(MethodBase method) => method is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericMethodDefinition() : method;

    static string Describe(MemberInfo member) => $"{DocumentationFile.Id(member)[2..]}";

    [GeneratedRegex(@"`[^`]*\[[^`]*\][^`]*`|scalar")]
    private static partial Regex Shape();

    [GeneratedRegex("[Oo]wn(s|ed|er)?\\b")]
    private static partial Regex Owner();

    [GeneratedRegex("thread|[Ii]mmutable")]
    private static partial Regex Threads();
}
