using System.Reflection;
using System.Runtime.CompilerServices;

namespace LoraComposition.Tests.Conventions;

/// <summary>What the users of an assembly see: its public types and their public and protected members, those that the compiler adds to records left out.</summary>
static class PublicMembers
{
    const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<Type> Types(Assembly assembly) => assembly.GetExportedTypes().Where(type => !IsCompilers(type));

    public static IEnumerable<MemberInfo> Of(Type type)
    {
        if (type.IsEnum) return type.GetFields(BindingFlags.Public | BindingFlags.Static);
        var methods = IlCode.MethodsOf(type).Where(method => IsVisible(method) && !IsCompilers(method) && (method is ConstructorInfo || !method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) && !(method is ConstructorInfo && method.GetParameters().Length == 0 && IsImplicit(type)));
        var properties = type.GetProperties(Own).Where(property => property.GetAccessors(nonPublic: true).Any(IsVisible) && !IsCompilers(property));
        return methods.Cast<MemberInfo>().Concat(properties).Concat(type.GetFields(Own).Where(field => (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly) && !IsCompilers(field)));
    }

    public static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    public static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null || type.GetMethod("PrintMembers", Own) is not null;

    static bool IsCompilers(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    // A constructor that nobody wrote cannot be documented; its body tells, which calls the base and no more. Those of records start their properties too.
    static bool IsImplicit(Type type) => type.IsValueType || IsRecord(type) || IlCode.Of(type.GetConstructor(Own & ~BindingFlags.Static, [])!).Count(named => named.Member is ConstructorInfo) == 1;
}
