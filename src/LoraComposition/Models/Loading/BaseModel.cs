using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Opens a model-hub folder without knowing beforehand what model it holds. What came out can be told by its type.</summary>
public static class BaseModel
{
    const int LargestConfig = 16 << 20;

    // The first is also what timm's configurations are read as.
    static readonly (IReadOnlyList<string> ModelTypes, Loading Load)[] families =
    [
        (VisionTransformer.ModelTypes, (folder, options, logger, progress, cancellation) =>
            VisionTransformer.Load(folder, new VitLoadOptions { Dtype = options.Dtype, AllowOutsideLinks = options.AllowOutsideLinks }, logger, progress,
                cancellation)),
        (T5Model.ModelTypes, (folder, options, logger, progress, cancellation) =>
            T5Model.Load(folder, new T5LoadOptions { Dtype = options.Dtype, AllowOutsideLinks = options.AllowOutsideLinks }, logger, progress, cancellation)),
    ];

    delegate IBaseModel Loading(string folder, BaseModelLoadOptions options, ILogger? logger, IProgress<WorkProgress>? progress, CancellationToken cancellation);

    /// <summary>
    /// Reads a model of the family that <c>config.json</c> names by its <c>model_type</c>, or of a ViT in timm's layout, which has an <c>architecture</c> instead.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">The type of the parameters; defaults where not given.</param>
    /// <param name="logger">Is told what was read.</param>
    /// <param name="progress">Is told how many tensors are read.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    /// <returns>A <see cref="VisionTransformer"/> or a <see cref="T5Model"/>, on the CPU, all trainable. The caller owns it.</returns>
    /// <exception cref="ModelFileException">
    /// The model is of another family, a file is missing or damaged, or a tensor is missing, left over or of another shape.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IBaseModel Load(string folder, BaseModelLoadOptions? options = null, ILogger? logger = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        CheckpointFiles.RequireFolder(folder);
        var fields = ModelConfigFile.Read(folder, LargestConfig);
        return LoadOf(fields) is { } load ? load(folder, options ?? new BaseModelLoadOptions(), logger, progress, cancellation) : throw Unknown(fields);
    }

    /// <summary>Whether the model in a folder is of a family that this library computes, as far as its <c>config.json</c> tells.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>False where the configuration names another family, or none as those of diffusion models do.</returns>
    /// <exception cref="ModelFileException">The folder or its configuration is missing or damaged.</exception>
    public static bool IsKnown(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        CheckpointFiles.RequireFolder(folder);
        return LoadOf(ModelConfigFile.Read(folder, LargestConfig)) is not null;
    }

    static Loading? LoadOf(ConfigFields fields) =>
        (TimmConfig.IsOne(fields) ? families[0] : families.FirstOrDefault(known => known.ModelTypes.Contains(fields.Text("model_type")))).Load;

    static CheckpointException Unknown(ConfigFields fields)
    {
        string supported = Words.Or(families.SelectMany(known => known.ModelTypes));
        return fields.Find("model_type") is { } found
            ? fields.Expected("model_type", $"{supported}, the models this library computes,", found)
            : new CheckpointException(fields.Path, $"model_type is missing; expected {supported}, or the architecture of a ViT in timm's layout.");
    }
}

/// <summary>How to load a model whose family its folder tells.</summary>
public sealed record BaseModelLoadOptions
{
    /// <summary>
    /// The type of the parameters. Default float32, whatever the file holds. A T5 keeps the layers that leave its feed-forward parts in float32 at least.
    /// </summary>
    public ScalarType Dtype { get; init; } = ScalarType.Float32;

    /// <summary>Whether shards may be links that leave the folder, as in the cache of the model hub's own program. Default false: such links are refused.</summary>
    public bool AllowOutsideLinks { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">The type is none of floating-point numbers.</exception>
    public void Validate()
    {
        if (Dtype is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64))
            throw new ArgumentException($"A model cannot be loaded as {Dtype}; expected float32, bfloat16, float16 or float64.", nameof(Dtype));
    }
}
