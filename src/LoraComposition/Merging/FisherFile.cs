using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// The diagonal of the Fisher information of an adapter's task, stored beside it as <c>fisher.safetensors</c>: one tensor <c>[out, in]</c> for each layer of
/// the adapter, by its path. A layer is read when it is asked for.
/// </summary>
/// <remarks>Safe to use from several threads. Disposing closes the file.</remarks>
public sealed class FisherFile : IFisherDiagonal, IDisposable
{
    /// <summary>The name of the file in the adapter's folder.</summary>
    public const string FileName = "fisher.safetensors";

    const string AdapterKey = "lora_composition.adapter_sha256";

    readonly SafetensorsFile file;

    FisherFile(SafetensorsFile file) => this.file = file;

    /// <summary>Opens the diagonal of an adapter and checks that it is of this adapter.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <returns>The open file. The caller owns it.</returns>
    /// <exception cref="ModelFileException">There is none, it is damaged, or it was made for other weights.</exception>
    public static FisherFile Open(AdapterFile adapter)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        return Open(Path.Combine(Path.GetDirectoryName(adapter.WeightsPath)!, FileName), adapter.Fingerprint);
    }

    /// <summary>Opens the diagonal of an adapter that was read from a folder.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <returns>The open file. The caller owns it.</returns>
    /// <exception cref="ModelFileException">There is none, it is damaged, or it was made for other weights.</exception>
    /// <exception cref="ArgumentException">The adapter was made in memory.</exception>
    public static FisherFile Open(LoraAdapter adapter)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        if (adapter.WeightsPath is not { } path || adapter.Fingerprint is not { } fingerprint)
            throw new ArgumentException($"Adapter '{adapter.Name}' was made in memory, so there is no file beside it.", nameof(adapter));
        return Open(Path.Combine(Path.GetDirectoryName(path)!, FileName), fingerprint);
    }

    /// <summary>Writes the diagonal beside an adapter, whole or not at all.</summary>
    /// <param name="folder">The folder of the adapter's two files.</param>
    /// <param name="fingerprint">The SHA-256 of the adapter's weights, as <see cref="LoraAdapter.Fingerprint"/> tells it.</param>
    /// <param name="diagonal">For each layer of the adapter a number from 0 for each entry of its update, <c>[out, in]</c>. They stay the caller's.</param>
    /// <exception cref="ArgumentException">A tensor is no matrix, or holds what is negative or no number.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static void Write(string folder, string fingerprint, IReadOnlyDictionary<string, Tensor> diagonal)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(fingerprint);
        ArgumentNullException.ThrowIfNull(diagonal);
        foreach (var (layer, values) in diagonal)
        {
            if (values.dim() != 2) throw new ArgumentException($"Layer '{layer}': expected a matrix [out, in], found [{string.Join(", ", values.shape)}].", nameof(diagonal));
            Check(values, message => new ArgumentException($"Layer '{layer}': {message}", nameof(diagonal)));
        }
        SafetensorsWriter.Write(Path.Combine(folder, FileName), diagonal, new Dictionary<string, string> { [AdapterKey] = fingerprint, ["format"] = "pt" });
    }

    /// <inheritdoc/>
    /// <exception cref="ModelFileException">What the file holds of the layer is no Fisher information.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public Tensor Read(string layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (!file.Tensors.ContainsKey(layer)) throw new ArgumentException($"{file.Path}: the file holds no layer '{layer}', which the adapter has; make it again.", nameof(layer));
        using var scope = NewDisposeScope();
        var values = file.Read(layer);
        if (!values.is_floating_point() || values.dim() != 2)
            throw new ModelFileException(file.Path, $"layer '{layer}': expected floating-point numbers [out, in], found {values.dtype} [{string.Join(", ", values.shape)}].");
        Check(values, message => new ModelFileException(file.Path, $"layer '{layer}': {message}"));
        return values.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    static FisherFile Open(string path, string fingerprint)
    {
        if (!File.Exists(path))
            throw new ModelFileException(path, "the file is missing; method fisher needs the Fisher information of each adapter's task: make it from that task's samples with 'lora-compose fisher'.");
        var file = SafetensorsFile.Open(path);
        if (file.Metadata.GetValueOrDefault(AdapterKey) == fingerprint) return new FisherFile(file);
        file.Dispose();
        throw new ModelFileException(path, "it was made for other weights than those of the adapter beside it; make it again.");
    }

    static void Check(Tensor values, Func<string, Exception> refusal)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        if (!FiniteNumbers.AreAll(values) || values.lt(HeldScalars.Zero).any().item<bool>())
            throw refusal("a Fisher information is negative, NaN or infinite.");
    }
}
