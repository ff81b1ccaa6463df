using System.Text;
using System.Text.Json;

namespace LoraComposition.Files;

/// <summary>Reads a JSON object from a file that comes from outside, strictly: what two readers could see differently is refused.</summary>
public static class JsonFile
{
    const int MaxDepth = 64;

    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a whole file, whose root must be an object.</summary>
    /// <param name="path">The file. Links are followed.</param>
    /// <param name="maxLength">The most bytes it may have; nothing is read of a longer one.</param>
    /// <param name="refusal">Makes the exception from a message and a cause.</param>
    /// <returns>The document, in which every text can be read. The caller owns it.</returns>
    /// <exception cref="ModelFileException">The file is missing, too long, not valid JSON, or no object.</exception>
    /// <remarks>
    /// Refused are: what is no regular file, a byte order mark, invalid UTF-8, comments and trailing commas, nesting deeper than 64, an object with one name twice,
    /// and half of a surrogate pair.
    /// </remarks>
    public static JsonDocument Read(string path, int maxLength, Func<string, Exception?, ModelFileException> refusal) =>
        Parse(ReadText(path, maxLength, refusal), refusal);

    /// <summary>Reads the bytes of a file, whose root must be an object, as strictly as <see cref="Read"/>.</summary>
    /// <param name="text">The bytes. The document keeps them.</param>
    /// <param name="refusal">Makes the exception from a message and a cause.</param>
    /// <returns>The document, in which every text can be read. The caller owns it.</returns>
    /// <exception cref="LoraCompositionException">They are not valid JSON, or no object.</exception>
    public static JsonDocument Parse(byte[] text, Func<string, Exception?, LoraCompositionException> refusal)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(refusal);
        if (text.AsSpan().StartsWith("\uFEFF"u8)) throw refusal("the file starts with a byte order mark, expected '{'; save it as UTF-8 without one.", null);
        try
        {
            strictUtf8.GetCharCount(text);
            CheckTexts(text);
            var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            using (document) throw refusal($"expected a JSON object, found {document.RootElement.ValueKind}.", null);
        }
        catch (JsonException e)
        {
            throw refusal($"the file is not valid JSON: {e.Message}", e);
        }
        catch (DecoderFallbackException e)
        {
            throw refusal($"the file is not valid UTF-8 at byte {e.Index}.", e);
        }
        catch (InvalidOperationException e)
        {
            throw refusal("the file is not valid JSON: a text escapes half of a surrogate pair.", e);
        }
    }

    static byte[] ReadText(string path, int maxLength, Func<string, Exception?, ModelFileException> refusal)
    {
        var (handle, _) = RegularFile.Open(path, refusal);
        using (handle)
        {
            long length = RandomAccess.GetLength(handle);
            if (length > maxLength) throw refusal($"the file is {length} bytes long, expected at most {maxLength}.", null);
            var text = new byte[length];
            RegularFile.ReadExactly(handle, text, 0, refusal);
            return text;
        }
    }

    // A document decodes a text when it is asked for, which would be too late for this file's own refusal.
    static void CheckTexts(byte[] text)
    {
        var json = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (json.Read())
        {
            if (json.ValueIsEscaped) _ = json.GetString();
        }
    }
}
