namespace LoraComposition.FewShot.Tests.Support;

/// <summary>A new empty folder that is removed after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fewshot-data-");

    public string Path => folder.FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string[] Files => [.. Directory.GetFiles(Path).Select(f => System.IO.Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    public string At(params string[] parts)
    {
        string path = System.IO.Path.Combine([Path, .. parts]);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        return path;
    }

    public string Write(string content, params string[] parts)
    {
        string path = At(parts);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => folder.Delete(recursive: true);
}
