namespace LoraComposition.FewShot.Tests.Support;

/// <summary>Every file below a folder with its time of writing and content: equal where nothing was touched.</summary>
internal static class FolderState
{
    public static string[] Of(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(path => $"{Path.GetRelativePath(folder, path)} {File.GetLastWriteTimeUtc(path):O} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}")];
}
