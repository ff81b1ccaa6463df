using System.Buffers.Binary;
using System.Text;

namespace LoraComposition.Experiments;

/// <summary>Walks over the elements of a MATLAB file: a tag with type and length, the content, and bytes that fill it up to a multiple of eight.</summary>
internal ref struct MatReader(ReadOnlySpan<byte> bytes)
{
    const int MaxDepth = 8;

    readonly ReadOnlySpan<byte> bytes = bytes;
    int position;

    public readonly bool AtEnd => position == bytes.Length;

    /// <summary>Steps over one element.</summary>
    public MatType Element(out ReadOnlySpan<byte> content)
    {
        uint tag = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
        if (tag >> 16 is > 0 and var small)
        {
            // Up to four bytes stand in the tag itself.
            if (small > 4) throw new InvalidDataException($"an element of {small} bytes stands in four");
            content = Take(4)[..(int)small];
            return (MatType)(tag & 0xFFFF);
        }
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
        if (length > bytes.Length - position) throw new InvalidDataException($"an element has {length} bytes, more than there are");
        content = Take((int)length);
        var type = (MatType)tag;
        if (type != MatType.Compressed) position = Math.Min(bytes.Length, (position + 7) & ~7);
        return type;
    }

    /// <summary>Reads an array and its name.</summary>
    public static MatValue Matrix(ReadOnlySpan<byte> content, out string name) => Matrix(content, 0, out name);

    static MatValue Matrix(ReadOnlySpan<byte> content, int depth, out string name)
    {
        name = "";
        if (depth > MaxDepth) throw new InvalidDataException("its arrays are nested too deeply");
        if (content.IsEmpty) return new MatNumbers([]);
        var reader = new MatReader(content);
        var flags = reader.Expect(MatType.UInt32, 8);
        var kind = (MatClass)flags[0];
        bool complex = (flags[1] & 8) != 0;
        int count = Count(reader.Expect(MatType.Int32, 8));
        name = Encoding.UTF8.GetString(reader.Expect(MatType.Int8, 0));
        return kind switch
        {
            MatClass.Cell => new MatCells(reader.Items(count, depth)),
            MatClass.Struct => reader.Structs(count, depth),
            MatClass.Char => new MatText(reader.Text()),
            >= MatClass.FirstNumeric and <= MatClass.LastNumeric when !complex => reader.Numbers(count),
            _ => new MatOther(),
        };
    }

    static int Count(ReadOnlySpan<byte> dimensions)
    {
        long count = 1;
        for (int i = 0; i + 4 <= dimensions.Length; i += 4)
        {
            int side = BinaryPrimitives.ReadInt32LittleEndian(dimensions[i..]);
            if (side < 0 || (count *= side) > int.MaxValue) throw new InvalidDataException("an array has a negative side or too many items");
        }
        return (int)count;
    }

    MatValue[] Items(int count, int depth)
    {
        CheckCount(count);
        var items = new MatValue[count];
        for (int i = 0; i < count; i++)
        {
            var type = Element(out var content);
            if (type != MatType.Matrix) throw new InvalidDataException($"an item of an array is of type {(int)type}");
            items[i] = Matrix(content, depth + 1, out _);
        }
        return items;
    }

    MatStructs Structs(int count, int depth)
    {
        int width = BinaryPrimitives.ReadInt32LittleEndian(Expect(MatType.Int32, 4));
        var names = Expect(MatType.Int8, 0);
        if (width <= 0 || names.Length % width != 0) throw new InvalidDataException($"the names of its fields have {names.Length} bytes, {width} each");
        var fields = new List<string>();
        for (int i = 0; i < names.Length; i += width) fields.Add(Encoding.UTF8.GetString(names.Slice(i, width)).TrimEnd('\0'));
        if (fields.Distinct(StringComparer.Ordinal).Count() != fields.Count) throw new InvalidDataException("a field is there twice");
        long total = (long)count * fields.Count;
        if (total > int.MaxValue) throw new InvalidDataException("an array has too many items");

        // Structure by structure, every field of each.
        var items = Items((int)total, depth);
        return new MatStructs(count, fields.Select((field, f) => (field, Enumerable.Range(0, count).Select(i => items[i * fields.Count + f]).ToArray()))
            .ToDictionary(f => f.field, f => f.Item2));
    }

    string Text()
    {
        var type = Element(out var content);
        return type switch
        {
            MatType.Int8 or MatType.UInt8 => Encoding.Latin1.GetString(content),
            MatType.Utf8 => Encoding.UTF8.GetString(content),
            MatType.UInt16 or MatType.Utf16 => Encoding.Unicode.GetString(content),
            _ => throw new InvalidDataException($"a text is of type {(int)type}"),
        };
    }

    MatNumbers Numbers(int count)
    {
        var type = Element(out var content);
        int size = type switch
        {
            MatType.Int8 or MatType.UInt8 => 1,
            MatType.Int16 or MatType.UInt16 => 2,
            MatType.Int32 or MatType.UInt32 or MatType.Single => 4,
            MatType.Double or MatType.Int64 or MatType.UInt64 => 8,
            _ => throw new InvalidDataException($"numbers are of type {(int)type}"),
        };
        if (content.Length != (long)count * size) throw new InvalidDataException($"{count} numbers of {size} bytes have {content.Length} bytes");
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = Number(type, content.Slice(i * size, size));
        return new MatNumbers(values);
    }

    static double Number(MatType type, ReadOnlySpan<byte> bytes) => type switch
    {
        MatType.Int8 => (sbyte)bytes[0],
        MatType.UInt8 => bytes[0],
        MatType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        MatType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        MatType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        MatType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        MatType.Single => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        MatType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        MatType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
    };

    ReadOnlySpan<byte> Expect(MatType type, int minimum)
    {
        var found = Element(out var content);
        return found == type && content.Length >= minimum ? content
            : throw new InvalidDataException($"expected an element of type {(int)type} and at least {minimum} bytes, found type {(int)found} and {content.Length} bytes");
    }

    /// <summary>Every item has a tag of eight bytes at least.</summary>
    readonly void CheckCount(int count)
    {
        if (count > (bytes.Length - position) / 8) throw new InvalidDataException($"an array has {count} items, more than there are bytes for");
    }

    ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - position) throw new InvalidDataException("it is cut short");
        position += count;
        return bytes.Slice(position - count, count);
    }
}

/// <summary>What an array holds, by the numbers of the format; 6 to 15 are the types of numbers.</summary>
internal enum MatClass
{
    Cell = 1,
    Struct = 2,
    Object = 3,
    Char = 4,
    Sparse = 5,
    FirstNumeric = 6,
    LastNumeric = 15,
}

/// <summary>How the bytes of an element are stored, by the numbers of the format.</summary>
internal enum MatType
{
    Int8 = 1,
    UInt8 = 2,
    Int16 = 3,
    UInt16 = 4,
    Int32 = 5,
    UInt32 = 6,
    Single = 7,
    Double = 9,
    Int64 = 12,
    UInt64 = 13,
    Matrix = 14,
    Compressed = 15,
    Utf8 = 16,
    Utf16 = 17,
}
