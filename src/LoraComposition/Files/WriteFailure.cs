namespace LoraComposition.Files;

/// <summary>Names the file or folder that a user knows where the system names the temporary one.</summary>
internal static class WriteFailure
{
    /// <summary>The same failure under the right name.</summary>
    /// <param name="failure">What was thrown.</param>
    /// <param name="temporary">The name that nobody knows.</param>
    /// <param name="target">The place it was to take.</param>
    /// <returns>The failure to throw instead; null where it is about something else.</returns>
    public static Exception? Of(Exception failure, string temporary, string target)
    {
        if (!failure.Message.Contains(temporary, StringComparison.Ordinal)) return null;
        // Such as "No space left on device : '/out/.x.tmp'".
        string named = failure.Message.Replace($" : '{temporary}'", "", StringComparison.Ordinal) is var reason && reason.Length < failure.Message.Length
            ? $"{target}: the file cannot be written: {reason}. What was there before is unchanged."
            : failure.Message.Replace(temporary, target, StringComparison.Ordinal);
        return failure switch
        {
            IOException when failure.GetType() == typeof(IOException) => new IOException(named, failure) { HResult = failure.HResult },
            DirectoryNotFoundException => new DirectoryNotFoundException(named, failure),
            UnauthorizedAccessException => new UnauthorizedAccessException(named, failure),
            _ => null,
        };
    }
}
