using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.Text;

/// <summary>Reads a <c>spiece.model</c> and refuses all that the tokenizing package could stumble over: its own reader believes the file.</summary>
internal sealed class SentencePieceFile
{
    /// <summary>The most bytes a model may have: ten times T5's, twice mT5's.</summary>
    const int Largest = 8 << 20;

    /// <summary>The most bytes of a piece. The package's trie goes one call deeper for each.</summary>
    const int LongestPiece = 512;

    /// <summary>The most bytes that one character may be normalised to; Unicode's own rules stay below 40.</summary>
    const int LongestReplacement = 256;

    const int Unigram = 1;

    readonly List<SentencePiece> pieces = [];
    int modelType = Unigram, endId = 2;
    bool byteFallback, blankAsSuffix, dummyPrefix = true, escapesBlanks = true;

    SentencePieceFile(string path, byte[] bytes) => (Path, Bytes) = (path, bytes);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>All of it.</summary>
    public byte[] Bytes { get; }

    /// <summary>The vocabulary in the order of the ids.</summary>
    public IReadOnlyList<SentencePiece> Pieces => pieces;

    /// <summary>The id of what the vocabulary does not hold: 2 for T5 and mT5, 3 where a piece that begins texts stands in front.</summary>
    public int UnknownId { get; private set; }

    /// <summary>The ids of the pieces of the 256 bytes, by which characters are written that the vocabulary does not hold; null where it has none of that kind.</summary>
    public IReadOnlyList<int>? ByteIds { get; private set; }

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="CheckpointException">The file is missing, too long or damaged, or is no unigram model with T5's special ids.</exception>
    public static SentencePieceFile Read(string path)
    {
        CheckpointException Refuse(string message, Exception? cause) => new(path, message, cause);
        var (handle, _) = RegularFile.Open(path, Refuse);
        using (handle)
        {
            long length = RandomAccess.GetLength(handle);
            if (length > Largest) throw Refuse($"the file is {length} bytes long, expected at most {Largest}; this is not a SentencePiece model of T5.", null);
            byte[] bytes = new byte[length];
            RegularFile.ReadExactly(handle, bytes, 0, Refuse);
            return Read(path, bytes);
        }
    }

    /// <summary>Checks the bytes of a model.</summary>
    /// <param name="path">The file that they come from, for messages.</param>
    /// <param name="bytes">The model.</param>
    /// <exception cref="CheckpointException">They are damaged, or are no unigram model with T5's special ids.</exception>
    public static SentencePieceFile Read(string path, byte[] bytes)
    {
        var file = new SentencePieceFile(path, bytes);
        try
        {
            file.Parse();
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            throw new CheckpointException(path, $"expected a SentencePiece model, found a damaged one: {e.Message}; fetch the file again.", e);
        }
        file.Check();
        return file;
    }

    void Parse()
    {
        var fields = new ProtobufReader(Bytes);
        while (fields.Next())
        {
            if (fields.Field == 1) ParsePiece(fields.Bytes);
            else if (fields.Field == 2) ParseTrainer(fields.Bytes);
            else if (fields.Field == 3) ParseNormalizer(fields.Bytes);
        }
    }

    void ParsePiece(ReadOnlySpan<byte> message)
    {
        var (text, type) = ("", SentencePieceType.Normal);
        var fields = new ProtobufReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1 when fields.Bytes.Length > LongestPiece: throw new FormatException($"piece {pieces.Count} is {fields.Bytes.Length} bytes long, expected at most {LongestPiece}");
                case 1: text = strictUtf8.GetString(fields.Bytes); break;
                case 2 when !float.IsFinite(fields.Single): throw new FormatException($"the score of piece {pieces.Count} is {fields.Single}, expected a finite number");
                case 3: type = (SentencePieceType)fields.Int32; break;
            }
        }
        if (text.Length == 0 || text.Contains('\0')) throw new FormatException($"piece {pieces.Count} is empty or holds a zero character");
        if (!Enum.IsDefined(type)) throw new FormatException($"piece {pieces.Count} has the unknown type {type}");
        pieces.Add(new SentencePiece(text, type));
    }

    void ParseTrainer(ReadOnlySpan<byte> message)
    {
        var fields = new ProtobufReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 3: modelType = fields.Int32; break;
                case 24: blankAsSuffix = fields.Flag; break;
                case 35: byteFallback = fields.Flag; break;
                case 40: UnknownId = fields.Int32; break;
                case 42: endId = fields.Int32; break;
            }
        }
    }

    void ParseNormalizer(ReadOnlySpan<byte> message)
    {
        var fields = new ProtobufReader(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 2: CheckCharacterMap(fields.Bytes); break;
                case 3: dummyPrefix = fields.Flag; break;
                case 5: escapesBlanks = fields.Flag; break;
            }
        }
    }

    // The length of a trie, the trie, and the texts that its values point to, each ended by a zero.
    static void CheckCharacterMap(ReadOnlySpan<byte> map)
    {
        if (map.IsEmpty) return;
        uint trie = map.Length > sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(map) : uint.MaxValue;
        if (trie == 0 || trie % sizeof(uint) != 0 || trie >= map.Length - sizeof(uint)) throw new FormatException("the table of characters does not fit its length");
        for (var texts = map[(sizeof(uint) + (int)trie)..]; !texts.IsEmpty;)
        {
            int end = texts.IndexOf((byte)0);
            if (end is < 0 or > LongestReplacement)
                throw new FormatException($"the table of characters has a text that does not end within {LongestReplacement} bytes");
            texts = texts[(end + 1)..];
        }
    }

    void Check()
    {
        if (modelType != Unigram) throw Refused($"expected a unigram model (type {Unigram}), found type {modelType}");
        if (blankAsSuffix || !dummyPrefix || !escapesBlanks) throw Refused("expected T5's settings (a blank put in front, blanks kept in pieces as \u2581), found others");
        if (byteFallback) ByteIds = FindBytes();
        CheckPiece(T5Tokenizer.PadId, SentencePieceType.Control);
        CheckPiece(T5Tokenizer.EndId, SentencePieceType.Control);
        if (endId != T5Tokenizer.EndId || UnknownId <= T5Tokenizer.EndId)
            throw Refused($"expected the end and the unknown piece at {T5Tokenizer.EndId} and behind it, found them at {endId} and {UnknownId}");
        CheckPiece(UnknownId, SentencePieceType.Unknown);
        if (!pieces.Exists(piece => piece.Type == SentencePieceType.Normal)) throw Refused("expected ordinary pieces, found none");
        if (pieces.Where(piece => piece.Type is SentencePieceType.Normal or SentencePieceType.UserDefined or SentencePieceType.Unused)
            .GroupBy(piece => piece.Text, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw Refused($"expected every piece once, found \"{twice.Key}\" {twice.Count()} times");
    }

    int[] FindBytes()
    {
        int[] ids = Enumerable.Repeat(-1, 256).ToArray();
        foreach (var (id, piece) in pieces.Index())
            if (piece.Type == SentencePieceType.Byte && ValueOf(piece.Text) is { } value) ids[value] = id;
        int missing = Array.IndexOf(ids, -1);
        return missing < 0 ? ids : throw Refused($"expected for the settings' byte_fallback a piece of each byte, found none for {NameOf((byte)missing)}");
    }

    /// <summary>What the piece of a byte is called.</summary>
    public static string NameOf(byte value) => $"<0x{value:X2}>";

    /// <summary>The byte that a piece stands for; null where it is called otherwise.</summary>
    public static byte? ValueOf(string name) => name.Length == 6 && byte.TryParse(name.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
        && name == NameOf(value) ? value : null;

    void CheckPiece(int id, SentencePieceType type)
    {
        string found = id < pieces.Count ? pieces[id].Type.ToString() : "none";
        if (found != type.ToString()) throw Refused($"expected piece {id} to be of type {type}, found {found}");
    }

    CheckpointException Refused(string message) => new(Path, $"{message}; give the spiece.model or tokenizer.json of a T5 checkpoint.");

    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
