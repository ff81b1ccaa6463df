using System.IO.Compression;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>Reads the variables of a MATLAB file of level 5 (<c>save -v6</c> and <c>-v7</c>), the format of the annotations of several data sets.</summary>
internal static class MatFile
{
    /// <summary>The largest list of pictures, Stanford Cars' training part, has less than 1 MB.</summary>
    public const int MaxLength = 16 * 1024 * 1024;
    public const int MaxUnpacked = 64 * 1024 * 1024;

    const int HeaderLength = 128;

    /// <summary>The variables of a file by their names.</summary>
    /// <exception cref="DataException">The file is missing, damaged, or of another version of the format.</exception>
    public static IReadOnlyDictionary<string, MatValue> Read(string file)
    {
        byte[] bytes = OutsideFile.Read(file, MaxLength, (message, inner) => new DataException(file, message, inner));
        try
        {
            return Variables(bytes);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // What zlib cannot unpack is told by either.
            throw new DataException(file, $"expected a MATLAB file of level 5 (save -v7): {e.Message.TrimEnd('.')}; replace the file.", e);
        }
    }

    static Dictionary<string, MatValue> Variables(byte[] bytes)
    {
        if (bytes.Length < HeaderLength || bytes[126] != 'I' || bytes[127] != 'M' || bytes[125] != 1)
            throw new InvalidDataException(bytes.AsSpan().StartsWith("MATLAB 7.3"u8) ? "it is of version 7.3, which is another format" : "it does not begin as one");
        var variables = new Dictionary<string, MatValue>(StringComparer.Ordinal);
        int unpacked = 0;
        var reader = new MatReader(bytes.AsSpan(HeaderLength));
        while (!reader.AtEnd)
        {
            var type = reader.Element(out var content);
            if (type == MatType.Compressed)
            {
                byte[] plain = Unpack(content, MaxUnpacked - unpacked);
                unpacked += plain.Length;
                var inner = new MatReader(plain);
                type = inner.Element(out content);
            }
            if (type != MatType.Matrix) throw new InvalidDataException($"it holds an element of type {(int)type} instead of a variable");
            var value = MatReader.Matrix(content, out string name);
            if (!variables.TryAdd(name, value)) throw new InvalidDataException($"it holds the variable '{name}' twice");
        }
        return variables;
    }

    static byte[] Unpack(ReadOnlySpan<byte> packed, int maxLength)
    {
        using var zlib = new ZLibStream(new MemoryStream(packed.ToArray(), writable: false), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (zlib.Read(buffer) is > 0 and var read)
        {
            if (plain.Length + read > maxLength) throw new InvalidDataException($"it unpacks to more than {MaxUnpacked} bytes");
            plain.Write(buffer, 0, read);
        }
        return plain.ToArray();
    }
}

/// <summary>A value of a MATLAB file. Only what lists of pictures are made of is kept.</summary>
internal abstract record MatValue;

/// <summary>Real numbers, column by column.</summary>
internal sealed record MatNumbers(double[] Values) : MatValue;

/// <summary>A text of one line.</summary>
internal sealed record MatText(string Value) : MatValue;

/// <summary>A cell array.</summary>
internal sealed record MatCells(MatValue[] Items) : MatValue;

/// <summary>A structure array: the items of each field.</summary>
internal sealed record MatStructs(int Count, IReadOnlyDictionary<string, MatValue[]> Fields) : MatValue;

/// <summary>Something else: complex or sparse numbers, an object.</summary>
internal sealed record MatOther : MatValue;

/// <summary>The variables of a MATLAB file, asked for as what they should be.</summary>
internal sealed class MatVariables(string file)
{
    readonly IReadOnlyDictionary<string, MatValue> variables = MatFile.Read(file);

    public string File => file;

    /// <summary>A list of integers of at least 1, as MATLAB counts.</summary>
    public int[] Counts(string name) => Variable<MatNumbers>(name, "numbers").Values.Select((value, i) => Count(value, $"'{name}', entry {i + 1}")).ToArray();

    /// <summary>A list of texts.</summary>
    public string[] Texts(string name) => Variable<MatCells>(name, "a list of texts").Items.Select((item, i) => Text(item, $"'{name}', entry {i + 1}")).ToArray();

    /// <summary>A list of structures: one text field and one field of an integer of at least 1.</summary>
    public IEnumerable<(string Place, string Text, int Count)> Entries(string name, string textField, string countField)
    {
        var structs = Variable<MatStructs>(name, "a list of structures");
        foreach (string field in new[] { textField, countField })
        {
            if (!structs.Fields.ContainsKey(field))
                throw new DataException(file,
                    $"'{name}': expected a field '{field}', found {Excerpt.Of(string.Join(", ", structs.Fields.Keys))}; use the file with labels (…_withlabels.mat).");
        }
        for (int i = 0; i < structs.Count; i++)
        {
            string place = $"'{name}', entry {i + 1}";
            int count = structs.Fields[countField][i] is MatNumbers { Values: [var value] } ? Count(value, place)
                : throw new DataException(file, $"{place}: expected one number in '{countField}'.");
            yield return (place, Text(structs.Fields[textField][i], place), count);
        }
    }

    T Variable<T>(string name, string kind) where T : MatValue => variables.GetValueOrDefault(name) as T
        ?? throw new DataException(file,
            $"expected a variable '{name}' of {kind}, found {(variables.ContainsKey(name) ? "another kind" : $"the variables {Excerpt.Of(string.Join(", ", variables.Keys))}")}.");

    int Count(double value, string place) => value >= 1 && value <= int.MaxValue && value == Math.Floor(value) ? (int)value
        : throw new DataException(file, $"{place}: expected an integer of at least 1, found {value}.");

    string Text(MatValue value, string place) => value is MatText { Value: { Length: > 0 } text } ? text
        : throw new DataException(file, $"{place}: expected a text, found something else.");
}
