using System.Text;
using LoraComposition.FewShot.Data;

namespace LoraComposition.FewShot.Text.Questions.Rows;

/// <summary>Reads a file of questions into memory, after making sure of its size.</summary>
internal static class QuestionFileBytes
{
    /// <summary>The largest file of the four data sets, QuAIL's training part, has about 25 MB.</summary>
    public const long MaxLength = 256L * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] Read(string file)
    {
        try
        {
            if (!File.Exists(file)) throw new DataException(file, "the file is missing.");
            var target = File.ResolveLinkTarget(file, returnFinalTarget: true) as FileInfo ?? new FileInfo(file);
            // A pipe or a device reports no length; opening one would wait for its writer.
            if (target.Length == 0) throw new DataException(file, "the file is empty, or is not a regular file.");
            using var stream = target.OpenRead();
            if (stream.Length > MaxLength) throw new DataException(file, $"expected at most {MaxLength} bytes, found {stream.Length}; split the file or remove it.");
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(file, $"the file cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a file that must be UTF-8 without a byte order mark.</summary>
    public static byte[] ReadUtf8(string file)
    {
        byte[] bytes = Read(file);
        if (bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble)) throw new DataException(file, "line 1: the file starts with a byte order mark, expected '{' or '['; save it as UTF-8 without one.");
        try
        {
            StrictUtf8.GetCharCount(bytes);
        }
        catch (DecoderFallbackException e)
        {
            int line = 1 + bytes.AsSpan(0, Math.Clamp(e.Index, 0, bytes.Length)).Count((byte)'\n');
            throw new DataException(file, $"line {line}: expected UTF-8, found other bytes; save the file as UTF-8.", e);
        }
        return bytes;
    }
}
