namespace LoraComposition.CommandLine;

/// <summary>The command was asked for something that cannot be; the message is the whole line the user sees.</summary>
/// <param name="message">Names the option and what is expected.</param>
public sealed class UsageException(string message) : Exception(message);
