namespace LoraComposition.CommandLine;

/// <summary>What a program returns to the shell.</summary>
public static class ExitCodes
{
    /// <summary>The work is done.</summary>
    public const int Done = 0;

    /// <summary>The input was refused.</summary>
    public const int Refused = 1;

    /// <summary>The command was asked for something that cannot be.</summary>
    public const int Usage = 2;

    /// <summary>Stopped with Ctrl+C.</summary>
    public const int Stopped = 130;
}
