namespace LoraComposition.Files;

/// <summary>Checks the entries of a header against the bytes of the file: they must fill the data part without hole or overlap.</summary>
internal static class SafetensorsLayout
{
    /// <summary>Places every entry in the file.</summary>
    /// <returns>The tensors in the order of their bytes.</returns>
    /// <exception cref="SafetensorsException">An entry does not fit its shape, its neighbours or the file.</exception>
    public static IReadOnlyList<TensorInfo> Place(string path, IReadOnlyList<SafetensorsEntry> entries, long dataStart, long fileLength)
    {
        SafetensorsException Refuse(string message) => new(path, message);

        var dataLength = fileLength - dataStart;
        var placed = new List<TensorInfo>(entries.Count);
        var (position, previous) = (0L, "the data's start");
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End).ThenBy(e => e.Name, StringComparer.Ordinal))
        {
            var span = $"tensor '{entry.Name}' has data_offsets [{entry.Begin}, {entry.End}]";
            if (entry.Begin > entry.End) throw Refuse($"{span}, expected begin not above end.");
            if (entry.Begin < position) throw Refuse($"{span} and overlaps {previous}, which ends at {position}.");
            if (entry.Begin > position) throw Refuse($"{span}, which leaves a hole after {previous}, expected begin {position}.");
            if (entry.End > dataLength) throw Refuse($"{span}, but the file holds only {dataLength} bytes of data; it was cut short, so fetch it again.");
            var bytes = ByteLength(entry) ?? throw Refuse($"tensor '{entry.Name}' has the shape [{string.Join(", ", entry.Shape)}], whose size overflows 64 bits.");
            if (bytes != entry.End - entry.Begin)
                throw Refuse($"{span}, {entry.End - entry.Begin} bytes, but {entry.Dtype} [{string.Join(", ", entry.Shape)}] takes {bytes}.");
            placed.Add(new TensorInfo(entry.Name, entry.Dtype, Array.AsReadOnly(entry.Shape), dataStart + entry.Begin, bytes));
            (position, previous) = (entry.End, $"tensor '{entry.Name}'");
        }
        if (position != dataLength) throw Refuse($"{dataLength - position} trailing bytes follow the last tensor at byte {dataStart + position}; the file is damaged.");
        return placed;
    }

    /// <summary>
    /// The bytes of a shape, or null where they overflow. A zero elsewhere in the shape excuses no overflow: torch multiplies the other dimensions for the strides.
    /// </summary>
    static long? ByteLength(SafetensorsEntry entry)
    {
        long bytes = SafetensorsDtype.Size(entry.Dtype);
        foreach (var dimension in entry.Shape)
        {
            var high = Math.BigMul(bytes, Math.Max(dimension, 1), out bytes);
            if (high != 0 || bytes < 0) return null;
        }
        return entry.Shape.Contains(0) ? 0 : bytes;
    }
}
