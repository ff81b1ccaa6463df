using System.Text;
using System.Text.Json;

namespace LoraComposition.Serialization;

/// <summary>Reads small JSON files that come from outside: only regular files, of a bounded length, valid UTF-8, one object without duplicates.</summary>
internal static class JsonFile
{
    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads what a file's object says.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxLength">The most bytes that are read.</param>
    /// <param name="refusal">Makes the exception from a message and a cause.</param>
    /// <param name="read">Reads the object, which is gone afterwards.</param>
    public static T ReadObject<T>(string path, long maxLength, Func<string, Exception?, ModelFileException> refusal, Func<JsonElement, T> read)
    {
        var text = ReadText(path, maxLength, refusal);
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw refusal($"expected a JSON object, found {document.RootElement.ValueKind}.", null);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // System.Text.Json throws the latter for half a surrogate pair in a text.
            throw refusal($"not valid JSON: {e.Message}", e);
        }
    }

    static byte[] ReadText(string path, long maxLength, Func<string, Exception?, ModelFileException> refusal)
    {
        var (handle, _) = RegularFile.Open(path, refusal);
        using (handle)
        {
            var length = RandomAccess.GetLength(handle);
            if (length > maxLength) throw refusal($"expected at most {maxLength} bytes, found {length}.", null);
            var text = new byte[length];
            RegularFile.ReadExactly(handle, text, 0, refusal);
            try
            {
                strictUtf8.GetCharCount(text);
            }
            catch (DecoderFallbackException e)
            {
                throw refusal($"the file is not valid UTF-8 at byte {e.Index}.", e);
            }
            return text;
        }
    }
}
