using System.Text;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>One row of a file of questions, in whichever layout. A path names a value inside the row; through a list it names that value of every item.</summary>
internal abstract class QuestionRow(string file, string place)
{
    /// <summary>Longer texts than this are refused: no data set has them, and no model reads them.</summary>
    protected const int MaxTextLength = 100_000;

    public const int MaxOptions = 26;

    /// <summary>Where the row stands: its line, or its number.</summary>
    public string Place => place;

    /// <summary>Whether the row has such a value that is not null.</summary>
    public abstract bool Has(params ReadOnlySpan<string> path);

    public abstract string Text(params ReadOnlySpan<string> path);

    /// <summary>The texts of a list.</summary>
    public abstract IReadOnlyList<string> Texts(params ReadOnlySpan<string> path);

    /// <summary>An integer, or a text that spells one.</summary>
    public abstract int Integer(params ReadOnlySpan<string> path);

    public DataException Refused(string message, Exception? inner = null) => new DamagedRowException(file, place, message, inner);

    protected static string NameOf(ReadOnlySpan<string> path) => string.Join('.', path!);

    protected string Checked(string text, ReadOnlySpan<string> path) =>
        text.Length <= MaxTextLength ? text : throw Refused($"'{NameOf(path)}': expected at most {MaxTextLength} characters, found {text.Length}.");

    protected int Parsed(string text, ReadOnlySpan<string> path) => int.TryParse(text, System.Globalization.NumberStyles.None,
        System.Globalization.CultureInfo.InvariantCulture, out int value)
        ? value : throw Refused($"'{NameOf(path)}': expected an integer of at least 0, found '{Excerpt.Of(text)}'.");

    protected DataException Unexpected(ReadOnlySpan<string> path, string expected, string found) =>
        Refused($"'{NameOf(path)}': expected {expected}, found {found}.");
}

/// <summary>Reads a file of questions into memory, after making sure of its size.</summary>
internal static class QuestionFileBytes
{
    /// <summary>The largest file of the four data sets, QuAIL's training part, has about 25 MB.</summary>
    public const long MaxLength = 256L * 1024 * 1024;

    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file that must be UTF-8.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mayHaveMark">Whether a byte order mark is left out instead of refused: spreadsheets write one.</param>
    public static byte[] ReadUtf8(string file, bool mayHaveMark = false)
    {
        byte[] bytes = OutsideFile.Read(file, MaxLength, (message, inner) => new DataException(file, message, inner));
        if (mayHaveMark && bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
        if (bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble))
            throw new DataException(file, "line 1: the file starts with a byte order mark, expected '{' or '['; save it as UTF-8 without one.");
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
