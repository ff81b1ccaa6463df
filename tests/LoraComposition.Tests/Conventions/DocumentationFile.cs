using System.Reflection;
using System.Xml.Linq;

namespace LoraComposition.Tests.Conventions;

/// <summary>The XML documentation of an assembly, by member.</summary>
sealed class DocumentationFile(XDocument document)
{
    readonly Dictionary<string, XElement> members = document.Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);

    /// <summary>The file that the compiler wrote beside an assembly.</summary>
    public static DocumentationFile Of(Assembly assembly) => new(XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")));

    /// <summary>What is written at a member, or null.</summary>
    public XElement? Find(MemberInfo member) => members.GetValueOrDefault(Id(member));

    /// <summary>The name of a member in the file.</summary>
    public static string Id(MemberInfo member) => member switch
    {
        Type type => "T:" + Name(type),
        MethodBase method => $"M:{Name(method.DeclaringType!)}.{method.Name.Replace('.', '#')}{(method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "")}{Parameters(method.GetParameters())}",
        PropertyInfo property => $"P:{Name(property.DeclaringType!)}.{property.Name}{Parameters(property.GetIndexParameters())}",
        FieldInfo field => $"F:{Name(field.DeclaringType!)}.{field.Name}",
        _ => throw new ArgumentException($"{member} is neither type, method, property nor field."),
    };

    static string Parameters(ParameterInfo[] parameters) => parameters.Length == 0 ? "" : $"({string.Join(",", parameters.Select(p => Reference(p.ParameterType)))})";

    static string Name(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    static string Reference(Type type)
    {
        if (type.IsGenericParameter) return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        if (type.IsByRef) return Reference(type.GetElementType()!) + "@";
        if (type.IsArray) return Reference(type.GetElementType()!) + (type.GetArrayRank() == 1 ? "[]" : $"[{string.Join(",", Enumerable.Repeat("0:", type.GetArrayRank()))}]");
        if (!type.IsGenericType) return Name(type);
        // Outer{T}.Inner{U}: each part takes its own arguments.
        var arguments = new Queue<Type>(type.GetGenericArguments());
        return string.Join('.', Name(type).Split('.').Select(part => part.Split('`') is [var name, var count] ? $"{name}{{{string.Join(",", Enumerable.Range(0, int.Parse(count, null)).Select(_ => Reference(arguments.Dequeue())))}}}" : part));
    }
}
