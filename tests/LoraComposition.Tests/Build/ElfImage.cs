using System.Buffers.Binary;
using System.Text;

namespace LoraComposition.Tests.Build;

/// <summary>A made-up ELF file with just the four tables that the remedy reads.</summary>
sealed class ElfImage
{
    readonly List<byte> strings = [];
    readonly List<(int Name, ushort Version)> symbols = [];
    readonly List<(int Name, uint Hash, ushort Index)> versions = [];

    public ElfImage() => Text("");

    public int Text(string text)
    {
        int at = strings.Count;
        strings.AddRange(Encoding.ASCII.GetBytes(text + "\0"));
        return at;
    }

    public ElfImage Symbol(string name, ushort version) => Symbol(Text(name), version);

    public ElfImage Symbol(int name, ushort version)
    {
        symbols.Add((name, version));
        return this;
    }

    public ElfImage Version(string name, uint hash, ushort index)
    {
        versions.Add((Text(name), hash, index));
        return this;
    }

    /// <summary>A file like TorchSharp's: it needs the initialiser in the new version, and other things in older ones.</summary>
    public static ElfImage Typical() => new ElfImage()
        .Version("GLIBCXX_3.4.30", 43513920, 29).Version("GLIBCXX_3.4.32", 43513922, 18).Version("GLIBCXX_3.4.20", 43513968, 7)
        .Symbol("_ZSt24__throw_out_of_range_fmtPKcz", 7).Symbol("_ZSt21ios_base_library_initv", 18).Symbol("_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE", 29);

    public byte[] ToArray()
    {
        var sections = new (uint Type, uint Link, byte[] Data)[]
        {
            (0, 0, []), (11, 2, Symbols()), (3, 0, strings.ToArray()), (0x6fffffff, 1, SymbolVersions()), (0x6ffffffe, 2, Needs()),
        };
        var file = new MemoryStream();
        byte[] header = new byte[64];
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(header, 0);
        int table = 64 + sections.Sum(s => s.Data.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(0x28), (ulong)table);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(0x3a), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(0x3c), (ushort)sections.Length);
        file.Write(header);
        foreach (var section in sections) file.Write(section.Data);
        int offset = 64;
        foreach (var (type, link, data) in sections)
        {
            byte[] entry = new byte[64];
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), type);
            BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(0x18), (ulong)offset);
            BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(0x20), (ulong)data.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(0x28), link);
            file.Write(entry);
            offset += data.Length;
        }
        return file.ToArray();
    }

    byte[] Symbols()
    {
        byte[] data = new byte[24 * symbols.Count];
        for (int i = 0; i < symbols.Count; i++) BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(24 * i), symbols[i].Name);
        return data;
    }

    byte[] SymbolVersions()
    {
        byte[] data = new byte[2 * symbols.Count];
        for (int i = 0; i < symbols.Count; i++) BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2 * i), symbols[i].Version);
        return data;
    }

    byte[] Needs()
    {
        byte[] data = new byte[16 + 16 * versions.Count];
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2), (ushort)versions.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(8), 16);
        for (int i = 0; i < versions.Count; i++)
        {
            var entry = data.AsSpan(16 + 16 * i);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, versions[i].Hash);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[6..], versions[i].Index);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], versions[i].Name);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], i + 1 < versions.Count ? 16u : 0u);
        }
        return data;
    }
}
