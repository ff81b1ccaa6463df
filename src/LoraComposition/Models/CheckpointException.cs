using LoraComposition.Files;

namespace LoraComposition.Models;

/// <summary>A checkpoint does not hold what its model needs. Nothing was changed.</summary>
public sealed class CheckpointException : ModelFileException
{
    /// <summary>Creates the exception for one file or folder.</summary>
    /// <param name="path">The file or folder that was refused.</param>
    /// <param name="message">What was expected and found, without the path.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public CheckpointException(string path, string message, Exception? inner = null) : base(path, message, inner)
    {
    }
}
