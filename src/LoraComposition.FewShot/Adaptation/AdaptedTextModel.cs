using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Text;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>A T5 with an adapter merged into it, ready to tell labels or choose among answers.</summary>
/// <remarks>
/// Its folder holds <c>adapter/</c> (PEFT; missing where the base itself did best), <c>weights.json</c> (where adapters were composed) and <c>adapted.json</c>, never
/// the base's own weights or its tokenizer. Owns model and adapter. Not thread-safe.
/// </remarks>
public sealed class AdaptedTextModel : IDisposable
{
    AdaptedTextModel(AdaptedModelInfo info, T5Model model, T5Tokenizer tokenizer, LoraAdapter? adapter, CompositionWeights? weights)
    {
        (Info, Model, Tokenizer, Adapter, Weights) = (info, model, tokenizer, adapter, weights);
        AdaptedBase.Freeze(model);
    }

    /// <summary>The method, the labels, how texts are written, and the base.</summary>
    public AdaptedModelInfo Info { get; }

    /// <summary>The model, in evaluation mode, the adapter merged into its weights. Owned by this object.</summary>
    public T5Model Model { get; }

    /// <summary>The base's tokenizer.</summary>
    public T5Tokenizer Tokenizer { get; }

    /// <summary>The adapter on its own; null where the base itself did best.</summary>
    public LoraAdapter? Adapter { get; }

    /// <summary>The weight of each composed adapter at every layer; null where none were composed.</summary>
    public CompositionWeights? Weights { get; }

    /// <summary>How texts are written for the model.</summary>
    public TextReading Reading => Info.Text!;

    /// <summary>Whether a folder holds an adapted model of texts, by its <c>adapted.json</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>False also where there is no such folder, or it holds a model of pictures.</returns>
    /// <exception cref="ModelFileException">The description is damaged.</exception>
    public static bool IsIn(string folder) => AdaptedModel.IsIn(folder) && AdaptedModelInfoFile.Read(folder).Text is not null;

    /// <summary>Reads an adapted model and its base, in float32.</summary>
    /// <param name="folder">A folder that <see cref="Save"/> wrote.</param>
    /// <param name="baseFolder">The base's model-hub folder, where it is not where it was.</param>
    /// <param name="device">The device. Default the CPU.</param>
    /// <param name="logger">Is told what was read.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    /// <returns>The model. The caller owns it.</returns>
    /// <exception cref="ModelFileException">A file is missing or damaged, it is a model of pictures, or the base is another than the model was adapted on.</exception>
    /// <exception cref="AdapterMismatchException">The adapter does not fit the base.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static AdaptedTextModel Load(string folder, string? baseFolder = null, Device? device = null, ILogger? logger = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var info = AdaptedModelInfoFile.Read(folder);
        if (info.Text is null) throw new ModelFileException(folder, "expected an adapted model of texts, a T5, found one of pictures, a ViT.");
        string from = AdaptedBase.Find(folder, info.Base, baseFolder);
        info = info with { Base = info.Base with { Folder = from } };
        var tokenizer = T5Tokenizer.Load(from);
        var model = T5Model.Load(from, logger: logger, cancellation: cancellation);
        LoraAdapter? adapter = null;
        try
        {
            (adapter, var weights) = AdaptedBase.Adapt(model, folder, info, logger);
            if (device is not null) model.to(device);
            return new AdaptedTextModel(info, model, tokenizer, adapter, weights);
        }
        catch
        {
            adapter?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>Writes the model's folder, <c>adapted.json</c> last; a run that ends before leaves nothing that could be taken for a model.</summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <param name="replace">Whether a model that is there is replaced. Files of other names stay.</param>
    /// <exception cref="IOException">The folder holds something and is not to be replaced, or cannot be written.</exception>
    public void Save(string folder, bool replace = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        AdaptedModelFolder.Write(folder, replace, staging => Write(staging, folder));
    }

    /// <summary>Writes the files into one folder, which will then be another.</summary>
    internal void Write(string folder, string final)
    {
        Adapter?.Save(Path.Combine(folder, AdaptedModelFiles.Adapter));
        Weights?.Save(Path.Combine(folder, AdaptedModelFiles.Weights));
        AdaptedModelInfoFile.Write(folder, Info with { Base = Info.Base with { Folder = BaseLocation.From(final, Info.Base.Folder) } });
    }

    /// <summary>Takes over what a method has trained.</summary>
    internal static AdaptedTextModel Take(TrainedModel<T5Model> trained, TextBaseModel baseModel, IReadOnlyList<string> labels, TextReading reading)
    {
        var wide = baseModel.Dtype == ScalarType.Float32 ? null : baseModel.Load(ScalarType.Float32);
        var adapter = trained.ToAdapter(trained.Method.Name);
        var weights = trained.ToWeights();
        var model = trained.Release(adapter, wide);
        var info = new AdaptedModelInfo
        {
            Method = trained.Method.Name,
            HasAdapter = adapter is not null,
            ClassNames = labels,
            Text = reading,
            Base = new BaseReference(baseModel.Folder, baseModel.Fingerprint),
        };
        return new AdaptedTextModel(info, model, baseModel.Tokenizer, adapter, weights);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Adapter?.Dispose();
        Model.Dispose();
    }
}
