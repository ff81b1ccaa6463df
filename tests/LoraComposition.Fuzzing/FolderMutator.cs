using System.Text;

namespace LoraComposition.Fuzzing;

/// <summary>Keeps a folder of files that belong together in which one file at a time is spoilt.</summary>
public sealed class FolderMutator(MemoryFolder folder)
{
    readonly List<(string Name, byte[] Valid, Func<Random, FuzzCase> Mutate)> files = [];
    (string Name, byte[] Valid)? spoilt;

    /// <summary>Adds a file that is spoilt by a function of one's own.</summary>
    public FolderMutator Add(string name, byte[] valid, Func<Random, FuzzCase> mutate)
    {
        folder.Write(name, valid);
        files.Add((name, valid, mutate));
        return this;
    }

    /// <summary>Adds a JSON file, spoilt as text most of the time and as bytes else.</summary>
    public FolderMutator AddJson(string name, byte[] valid, JsonMutator mutator) => Add(name, valid, random =>
    {
        if (random.Next(5) == 0) return ByteMutator.Mutate(random, [valid]);
        var (kind, json) = mutator.Mutate(random, Encoding.ASCII.GetString(valid));
        return new(kind, Encoding.Latin1.GetBytes(json));
    });

    /// <summary>Spoils one file and puts the one before right again.</summary>
    public FuzzCase Mutate(Random random)
    {
        Restore();
        var (name, valid, mutate) = files[random.Next(files.Count)];
        var input = mutate(random);
        folder.Write(name, input.Bytes);
        spoilt = (name, valid);
        return input with { Kind = $"{name}: {input.Kind}" };
    }

    /// <summary>Puts the last spoilt file right again.</summary>
    public void Restore()
    {
        if (spoilt is { } last) folder.Write(last.Name, last.Valid);
    }
}
