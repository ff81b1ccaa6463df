using System.Text;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Reads a file of questions into memory, after making sure of its size.</summary>
internal static class QuestionFileBytes
{
    /// <summary>The largest file of the four data sets, QuAIL's training part, has about 25 MB.</summary>
    public const long MaxLength = 256L * 1024 * 1024;

    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file that must be UTF-8 without a byte order mark.</summary>
    public static byte[] ReadUtf8(string file)
    {
        byte[] bytes = DataFile.Read(file, MaxLength);
        if (bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble)) throw new DataException(file, "line 1: the file starts with a byte order mark, expected '{' or '['; save it as UTF-8 without one.");
        try
        {
            strictUtf8.GetCharCount(bytes);
        }
        catch (DecoderFallbackException e)
        {
            int line = 1 + bytes.AsSpan(0, Math.Clamp(e.Index, 0, bytes.Length)).Count((byte)'\n');
            throw new DataException(file, $"line {line}: expected UTF-8, found other bytes; save the file as UTF-8.", e);
        }
        return bytes;
    }
}
