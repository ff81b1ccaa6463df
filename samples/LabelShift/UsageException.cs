namespace LabelShift;

/// <summary>The command was asked for something that cannot be; the message is the whole line the user sees.</summary>
sealed class UsageException(string message) : Exception(message);
