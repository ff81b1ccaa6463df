using LoraComposition.FewShot;


namespace LoraComposition.Experiments;

/// <summary>Reads a file into memory, after making sure of its size and that it is a regular file.</summary>
internal static class DataFile
{
    public static byte[] Read(string file, long maxLength)
    {
        try
        {
            if (!File.Exists(file)) throw new DataException(file, "the file is missing.");
            var target = File.ResolveLinkTarget(file, returnFinalTarget: true) as FileInfo ?? new FileInfo(file);
            // A pipe or a device reports no length; opening one would wait for its writer.
            if (target.Length == 0) throw new DataException(file, "the file is empty, or is not a regular file.");
            using var stream = target.OpenRead();
            if (stream.Length > maxLength) throw new DataException(file, $"expected at most {maxLength} bytes, found {stream.Length}; split the file or remove it.");
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(file, $"the file cannot be read: {e.Message}", e);
        }
    }
}
