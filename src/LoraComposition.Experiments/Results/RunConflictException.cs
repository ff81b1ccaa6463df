namespace LoraComposition.Experiments;

/// <summary>The file of a run holds the result of another configuration or experiment. Nothing was changed.</summary>
public sealed class RunConflictException : RunFileException
{
    /// <summary>Creates the exception for one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">What the run asked for.</param>
    /// <param name="found">What the file holds.</param>
    internal RunConflictException(string path, string expected, string found)
        : base(path, $"expected a result of {expected}, found one of {found}. Choose another folder with --out, or remove the file to run it again.") =>
        (Expected, Found) = (expected, found);

    /// <summary>What the run asked for.</summary>
    public string Expected { get; }

    /// <summary>What the file holds.</summary>
    public string Found { get; }
}
