using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace LoraComposition.Tests.Conventions;

/// <summary>Whether an assembly can write to the console at all: it must name the type to do so.</summary>
static class ConsoleUse
{
    /// <summary>The types for terminals that an assembly refers to.</summary>
    public static IReadOnlyList<string> In(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var metadata = file.GetMetadataReader();
        var types = metadata.TypeReferences.Select(metadata.GetTypeReference).Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}");
        return [.. types.Where(name => name == "System.Console" || name.StartsWith("Spectre.Console.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }
}
