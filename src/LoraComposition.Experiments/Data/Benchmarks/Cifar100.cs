using System.Security.Cryptography;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>CIFAR-100 (Krizhevsky, 2009): 100 classes, 32 × 32 pixels, 50,000 pictures to learn from and 10,000 to test on.</summary>
public sealed class Cifar100() : ImageBenchmark("cifar100", "the binary version: train.bin, test.bin and fine_label_names.txt")
{
    private protected override IReadOnlyList<string> SubFolders { get; } = ["cifar-100-binary"];

    private protected override HubTable Hub { get; } = new() { Folders = ["", "data", "cifar100"], LabelColumns = ["fine_label", "label"] };

    private protected override bool IsOriginal(string folder) => File.Exists(Path.Combine(folder, "train.bin")) || File.Exists(Path.Combine(folder, "test.bin"));

    private protected override ImageSplits OpenOriginal(string folder) => new(Cifar100Dataset.Open(folder, train: true), Cifar100Dataset.Open(folder, train: false));
}

/// <summary>CIFAR-100 in the binary layout of its authors, held in memory as it lies on disk.</summary>
/// <remarks>
/// A record is 1 byte coarse label, 1 byte fine label and three planes (red, green, blue) of 32 × 32 bytes. The labels are the fine ones. Immutable, and safe
/// to use from several threads.
/// </remarks>
public sealed class Cifar100Dataset : ImageDataset
{
    const int ClassCount = 100;
    const int Side = 32;
    const int PlaneLength = Side * Side;
    const int RecordLength = 2 + 3 * PlaneLength;

    readonly byte[] records;
    readonly Lazy<string> fingerprint;

    Cifar100Dataset(string name, byte[] records, IReadOnlyList<string> classNames)
    {
        (Name, this.records, ClassNames) = (name, records, classNames);
        fingerprint = new(() => Convert.ToHexStringLower(SHA256.HashData(records)));
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override int Count => records.Length / RecordLength;

    /// <summary>The SHA-256 hash of the file that was read, in lower-case hexadecimal.</summary>
    public override string Fingerprint => fingerprint.Value;

    /// <summary>
    /// Reads <c>train.bin</c> or <c>test.bin</c>, and <c>fine_label_names.txt</c> where it is there (else the classes are called <c>class-00</c> …).
    /// </summary>
    /// <param name="folder">The folder that holds the files; any number of records will do.</param>
    /// <param name="train">Whether to read the training part or the test part.</param>
    /// <returns>The data set, complete in memory.</returns>
    /// <exception cref="DataException">A file is missing, does not consist of whole records, or holds a label or class names that are not CIFAR-100's.</exception>
    public static Cifar100Dataset Open(string folder, bool train)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string part = train ? "train" : "test";
        string file = Path.Combine(folder, $"{part}.bin");
        byte[] records = Read(file);
        for (int start = 0; start < records.Length; start += RecordLength)
        {
            byte label = records[start + 1];
            if (label >= ClassCount)
                throw new DataException(file,
                    $"record {start / RecordLength}: expected a fine label from 0 to {ClassCount - 1}, found {label}; the file is damaged or is not CIFAR-100's binary version.");
        }
        return new Cifar100Dataset($"cifar100-{part}", records, ReadClassNames(Path.Combine(folder, "fine_label_names.txt")));
    }

    /// <inheritdoc/>
    public override int Label(int index)
    {
        CheckIndex(index);
        return records[index * RecordLength + 1];
    }

    /// <inheritdoc/>
    public override RgbImage Decode(int index)
    {
        CheckIndex(index);
        var planes = records.AsSpan(index * RecordLength + 2, 3 * PlaneLength);
        byte[] pixels = new byte[3 * PlaneLength];
        for (int i = 0; i < PlaneLength; i++)
        {
            pixels[3 * i] = planes[i];
            pixels[3 * i + 1] = planes[PlaneLength + i];
            pixels[3 * i + 2] = planes[2 * PlaneLength + i];
        }
        return new RgbImage(Side, Side, pixels);
    }

    static byte[] Read(string file)
    {
        if (!File.Exists(file))
            throw new DataException(file, "the file is missing; give the folder of CIFAR-100's binary version, which holds train.bin and test.bin.");
        long length = new FileInfo(file).Length;
        if (length == 0 || length % RecordLength != 0 || length > Array.MaxLength)
            throw new DataException(file,
                $"expected one or more records of {RecordLength} bytes, found {length} bytes; record {length / RecordLength} is incomplete. Fetch the file again.");
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(file, $"the file cannot be read: {e.Message}", e);
        }
    }

    static string[] ReadClassNames(string file)
    {
        if (!File.Exists(file)) return [.. Enumerable.Range(0, ClassCount).Select(i => $"class-{i:00}")];
        string[] names = [.. File.ReadLines(file).Select(l => l.Trim()).Where(l => l.Length > 0)];
        if (names.Length != ClassCount || names.Distinct(StringComparer.Ordinal).Count() != ClassCount)
            throw new DataException(file,
                $"expected {ClassCount} different class names, one a line, found {names.Length} names ({names.Distinct(StringComparer.Ordinal).Count()} different); remove the file to do without names.");
        return names;
    }
}
