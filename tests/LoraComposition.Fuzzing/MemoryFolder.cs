namespace LoraComposition.Fuzzing;

/// <summary>An empty folder for thousands of small files one after the other; in memory where the system has such a place.</summary>
public sealed class MemoryFolder : IDisposable
{
    const string InMemory = "/dev/shm";

    public MemoryFolder()
    {
        var parent = Directory.Exists(InMemory) ? InMemory : System.IO.Path.GetTempPath();
        Path = System.IO.Path.Combine(parent, $"lora-composition-{System.IO.Path.GetRandomFileName()}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string Write(string name, byte[] content)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
