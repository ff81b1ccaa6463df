namespace LoraComposition.Experiments;

/// <summary>Reads small files that come from outside, after making sure of their size and that they are regular files.</summary>
static class OutsideFile
{
    /// <summary>Checks that a file can be read before it is opened, and how long it is.</summary>
    /// <param name="path">The file; links are followed.</param>
    /// <param name="longest">The bytes that are expected at most.</param>
    /// <param name="refusal">Makes the exception where it is missing, empty, too long or not a regular file.</param>
    /// <returns>The file that the path stands for.</returns>
    public static FileInfo Check(string path, long longest, Func<string, Exception?, LoraCompositionException> refusal)
    {
        if (!File.Exists(path)) throw refusal("the file is missing.", null);
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
        // A pipe or a device reports no length; opening one would wait for its writer.
        if (target.Length == 0)
            throw refusal("the file is empty and therefore damaged, or is not a regular file. Delete the file, or put a whole one in its place.", null);
        if (target.Length > longest) throw refusal($"expected at most {longest} bytes, found {target.Length}; split the file or remove it.", null);
        return target;
    }

    /// <summary>All bytes of a file.</summary>
    /// <param name="path">The file; links are followed.</param>
    /// <param name="longest">The bytes that are expected at most.</param>
    /// <param name="refusal">Makes the exception where the file fails a check or cannot be read.</param>
    public static byte[] Read(string path, long longest, Func<string, Exception?, LoraCompositionException> refusal)
    {
        try
        {
            // Another process may replace the file meanwhile.
            using var stream = Check(path, longest, refusal).Open(FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[Math.Min(stream.Length, longest)];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw refusal($"the file cannot be read: {e.Message}", e);
        }
    }
}
