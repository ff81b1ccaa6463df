// Lets the native half of TorchSharp 0.107 load where libstdc++ is older than GCC 13's (Debian 12, Ubuntu 22.04).
//
// libLibTorchSharp.so asks for the version GLIBCXX_3.4.32 for one symbol only, std::ios_base_library_init(): an initialiser that
// older libraries do not have and do not need, because they initialise the streams themselves. The remedy renames that undefined
// symbol to std::get_terminate() (same signature, no effect, GLIBCXX_3.4.20) and lowers the asked-for version to GLIBCXX_3.4.30.
//
// The file is compiled by the build (RoslynCodeTaskFactory, .NET Standard 2.0) and by the tests.
#nullable disable
#pragma warning disable CA1050, CA1510 // no namespace: the build finds the task by its name; .NET Standard 2.0 has no ThrowIfNull
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

/// <summary>The remedy itself: bytes in, bytes out. It knows 64-bit little-endian ELF files and refuses everything else.</summary>
public static class LibstdcxxRemedy
{
    public const string NeededVersion = "GLIBCXX_3.4.32";

    const string LoweredVersion = "GLIBCXX_3.4.30";
    const string Initialiser = "_ZSt21ios_base_library_initv";
    const string Harmless = "_ZSt13get_terminatev";
    const string HarmlessVersion = "GLIBCXX_3.4.20";
    const int SymbolSize = 24, AuxSize = 16;
    const uint DynamicSymbols = 11, VersionOfSymbols = 0x6fffffff, VersionsNeeded = 0x6ffffffe;

    /// <summary>Returns a patched copy, or a plain copy where the file does not ask for the new version.</summary>
    /// <exception cref="InvalidDataException">The file is not the kind of ELF file the remedy understands.</exception>
    public static byte[] Apply(byte[] file)
    {
        if (file == null) throw new ArgumentNullException(nameof(file));
        var result = (byte[])file.Clone();
        try
        {
            Patch(result);
        }
        catch (Exception e) when (e is ArgumentException || e is IndexOutOfRangeException || e is OverflowException)
        {
            throw new InvalidDataException("The ELF file is cut short or its tables point outside it.", e);
        }
        return result;
    }

    static void Patch(byte[] b)
    {
        if (b.Length < 64 || b[0] != 0x7f || b[1] != 'E' || b[2] != 'L' || b[3] != 'F')
            throw new InvalidDataException("Not an ELF file.");
        if (b[4] != 2 || b[5] != 1) throw new InvalidDataException("Not a 64-bit little-endian ELF file.");

        var sections = Sections(b);
        var symbols = Single(sections, DynamicSymbols, ".dynsym");
        var versionOf = Single(sections, VersionOfSymbols, ".gnu.version");
        var needs = Single(sections, VersionsNeeded, ".gnu.version_r");
        if (symbols.Link >= sections.Count) throw new InvalidDataException("The dynamic symbols name no string table.");
        var strings = sections[symbols.Link];

        var versions = Versions(b, needs, strings);
        Aux newer = Find(versions, NeededVersion);
        if (newer == null) return;
        Aux lowered = Find(versions, LoweredVersion), harmless = Find(versions, HarmlessVersion);
        if (lowered == null || harmless == null)
            throw new InvalidDataException($"The file asks for {NeededVersion} but not for {LoweredVersion} and {HarmlessVersion}.");

        int count = checked(symbols.Size / SymbolSize), found = -1;
        for (int i = 0; i < count; i++)
        {
            if ((U16(b, versionOf.Offset + 2 * i) & 0x7fff) != newer.Index) continue;
            string name = Text(b, strings, U32(b, symbols.Offset + SymbolSize * i));
            if (name != Initialiser) throw new InvalidDataException($"The file needs {NeededVersion} for '{name}' too, which has no stand-in.");
            found = i;
        }
        if (found < 0) throw new InvalidDataException($"The file asks for {NeededVersion} but no symbol uses it.");

        // The name is overwritten in place, so no other symbol may share its bytes.
        uint start = U32(b, symbols.Offset + SymbolSize * found);
        for (int i = 0; i < count; i++)
        {
            uint other = U32(b, symbols.Offset + SymbolSize * i);
            if (i != found && other >= start && other <= start + Initialiser.Length)
                throw new InvalidDataException($"Another symbol shares the name of '{Initialiser}'.");
        }

        int at = checked(strings.Offset + (int)start);
        Array.Clear(b, at, Initialiser.Length);
        Encoding.ASCII.GetBytes(Harmless, 0, Harmless.Length, b, at);
        b[versionOf.Offset + 2 * found] = (byte)harmless.Index;
        b[versionOf.Offset + 2 * found + 1] = (byte)(harmless.Index >> 8);
        Array.Copy(b, lowered.Offset, b, newer.Offset, 4);          // vna_hash
        Array.Copy(b, lowered.Offset + 8, b, newer.Offset + 8, 4);  // vna_name
    }

    sealed class Section { public uint Type; public int Offset, Size, Link; }

    sealed class Aux { public string Name; public int Offset, Index; }

    static List<Section> Sections(byte[] b)
    {
        int table = checked((int)U64(b, 0x28)), size = U16(b, 0x3a), count = U16(b, 0x3c);
        if (size != 64 || count == 0) throw new InvalidDataException("The ELF file has no section table.");
        if (checked(table + count * size) > b.Length) throw new InvalidDataException("The ELF file is cut short: its section table lies outside it.");
        var all = new List<Section>();
        for (int i = 0; i < count; i++)
        {
            int at = table + i * size;
            all.Add(new Section
            {
                Type = U32(b, at + 4),
                Offset = checked((int)U64(b, at + 0x18)),
                Size = checked((int)U64(b, at + 0x20)),
                Link = checked((int)U32(b, at + 0x28))
            });
        }
        return all;
    }

    static Section Single(List<Section> sections, uint type, string name)
    {
        var all = sections.FindAll(s => s.Type == type);
        return all.Count == 1 ? all[0] : throw new InvalidDataException($"The ELF file has {all.Count} sections {name}, expected 1.");
    }

    static List<Aux> Versions(byte[] b, Section needs, Section strings)
    {
        var all = new List<Aux>();
        for (int need = needs.Offset; ;)
        {
            int aux = checked(need + (int)U32(b, need + 8));
            for (int i = U16(b, need + 2); i > 0; i--)
            {
                all.Add(new Aux { Name = Text(b, strings, U32(b, aux + 8)), Offset = aux, Index = U16(b, aux + 6) & 0x7fff });
                aux = checked(aux + (int)U32(b, aux + 12));
            }
            uint next = U32(b, need + 12);
            if (next == 0) return all;
            if (next < AuxSize) throw new InvalidDataException("The version table of the ELF file runs in a circle.");
            need = checked(need + (int)next);
        }
    }

    static Aux Find(List<Aux> versions, string name) => versions.Find(v => v.Name == name);

    static string Text(byte[] b, Section strings, uint offset)
    {
        int start = checked(strings.Offset + (int)offset), end = Array.IndexOf(b, (byte)0, start);
        if (offset >= strings.Size || end < 0) throw new InvalidDataException("A name lies outside the string table.");
        return Encoding.ASCII.GetString(b, start, end - start);
    }

    static ushort U16(byte[] b, int at) => BitConverter.ToUInt16(b, at);
    static uint U32(byte[] b, int at) => BitConverter.ToUInt32(b, at);
    static ulong U64(byte[] b, int at) => BitConverter.ToUInt64(b, at);
}

#if !REMEDY_ONLY
/// <summary>The build step: writes adapted copies of the given files where the system's libstdc++ needs them.</summary>
public sealed class AdaptToOlderLibstdcxx : Microsoft.Build.Utilities.Task
{
    [Microsoft.Build.Framework.Required]
    public Microsoft.Build.Framework.ITaskItem[] Files { get; set; }

    /// <summary>Where the copies go.</summary>
    [Microsoft.Build.Framework.Required]
    public string Folder { get; set; }

    /// <summary>"always": also where this system needs none.</summary>
    public string Always { get; set; }

    /// <summary>A copy for each of the files, with its metadata; none where there is nothing to do.</summary>
    [Microsoft.Build.Framework.Output]
    public Microsoft.Build.Framework.ITaskItem[] Adapted { get; set; } = new Microsoft.Build.Framework.ITaskItem[0];

    public override bool Execute()
    {
        bool always = Always == "always";
        string system = always ? null : SystemLibrary();
        if (!always && (system == null || Contains(system, LibstdcxxRemedy.NeededVersion))) return true;
        string reason = always ? "LibstdcxxRemedy is always" : $"{system} has no {LibstdcxxRemedy.NeededVersion}";
        try
        {
            Adapted = Files.Select(file => Adapt(file, reason)).ToArray();
        }
        catch (Exception e) when (e is IOException || e is InvalidDataException || e is UnauthorizedAccessException)
        {
            Log.LogWarning("{0} could not be adapted ({1}); TorchSharp will probably not load. {2}", Files[0].ItemSpec, reason, e.Message);
        }
        return true;
    }

    Microsoft.Build.Framework.ITaskItem Adapt(Microsoft.Build.Framework.ITaskItem file, string reason)
    {
        byte[] adapted = LibstdcxxRemedy.Apply(File.ReadAllBytes(file.GetMetadata("FullPath")));
        string path = Path.Combine(Folder, Path.GetFileName(file.ItemSpec));
        if (!File.Exists(path) || !File.ReadAllBytes(path).SequenceEqual(adapted))
        {
            // The output folder may hold a hard link to the last copy: a new file leaves that one as it is.
            Directory.CreateDirectory(Folder);
            string temporary = path + "." + Guid.NewGuid().ToString("N");
            File.WriteAllBytes(temporary, adapted);
            File.Delete(path);
            File.Move(temporary, path);
            Log.LogMessage(Microsoft.Build.Framework.MessageImportance.High, "{0}: a copy is adapted to older systems ({1}).", Path.GetFileName(path), reason);
        }
        return new Microsoft.Build.Utilities.TaskItem(path, file.CloneCustomMetadata());
    }

    static string SystemLibrary()
    {
        var folders = new List<string>((Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "").Split(new[] { ':' }, StringSplitOptions.RemoveEmptyEntries));
        folders.AddRange(new[] { "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib" });
        foreach (string folder in folders)
        {
            string path = Path.Combine(folder, "libstdc++.so.6");
            if (File.Exists(path)) return path;
        }
        return null;
    }

    static bool Contains(string path, string text) => Encoding.GetEncoding("ISO-8859-1").GetString(File.ReadAllBytes(path)).Contains(text + "\0");
}
#endif
