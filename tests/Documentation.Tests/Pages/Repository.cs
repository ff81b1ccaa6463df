using System.Reflection;

namespace Documentation.Tests.Pages;

/// <summary>The checkout the tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!);

    /// <summary>Every page that a reader meets, by its path in the repository.</summary>
    public static IReadOnlyList<string> PagePaths { get; } =
    [
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
        .. ((string[])["docs", "samples"]).SelectMany(folder => Directory.EnumerateFiles(At(folder), "*.md", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/')).Where(path => !path.Contains("/bin/") && !path.Contains("/obj/")).Order(StringComparer.Ordinal),
    ];

    public static IEnumerable<MarkdownPage> Pages => PagePaths.Select(MarkdownPage.Read);

    public static string At(string path) => Path.Combine(Root, path);
}
