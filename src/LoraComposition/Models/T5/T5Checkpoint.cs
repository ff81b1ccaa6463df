using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Reads and writes T5 checkpoints in the layout of transformers.</summary>
internal static class T5Checkpoint
{
    const string Config = ModelConfigFile.FileName, Embedding = "shared.weight", Head = "lm_head.weight";
    const int LargestConfig = 1 << 20;

    // The embedding under the names of the parts that use it.
    static readonly string[] copies = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"];

    // Old checkpoints hold a table for cross-attention, which has no positions.
    static readonly string[] unused = ["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"];

    // The tokenizer in its several forms, and how to generate.
    static readonly string[] beside = ["spiece.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "generation_config.json"];

    public static T5Model Load(string folder, T5LoadOptions options, ILogger logger, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        using var files = CheckpointFiles.OpenFor(folder, options.AllowOutsideLinks);
        return WeightLoader.Fill(Shape(folder, files), model => WeightLoader.Load(files, [.. model.Slots()], Unused(model.Config), options.Dtype, logger,
            progress, cancellation), files, options.Dtype, logger);
    }

    public static T5Config Check(string folder, T5LoadOptions options)
    {
        options.Validate();
        using var files = CheckpointFiles.OpenFor(folder, options.AllowOutsideLinks);
        using var model = Shape(folder, files);
        WeightLoader.Check(files, [.. model.Slots()], Unused(model.Config));
        return model.Config;
    }

    public static void Save(T5Model model, string folder, CheckpointSaveOptions options, ILogger logger, IProgress<WorkProgress>? progress,
        CancellationToken cancellation) =>
        CheckpointWriter.WriteModel(nameof(T5Model), model.Slots(), folder, options, beside, path => T5ConfigFile.Write(path, model.Config), logger, progress,
            cancellation);

    /// <summary>The model that the headers describe, without numbers. The caller owns it.</summary>
    static T5Model Shape(string folder, CheckpointFiles files)
    {
        var config = ReadConfig(folder, files);
        CheckLayers(config, files);
        foreach (string copy in copies) CheckCopy(files, copy);
        return new T5Model(config, META) { BaseModelName = CheckpointFiles.ModelNameOf(folder) };
    }

    static string[] Unused(T5Config config) => [.. copies, .. unused, .. config.TiedHead ? [Head] : Array.Empty<string>()];

    static T5Config ReadConfig(string folder, CheckpointFiles files) => ModelConfigFile.Read(folder, LargestConfig, fields =>
    {
        var config = T5ConfigFile.Read(fields);
        config.Validate();
        return config.TiedHead && HasOwnHead(files, byTransformers5: fields.Find(T5ConfigFile.Scaled) is not null) ? config with { TiedHead = false } : config;
    });

    /// <summary>Whether a head that the config ties to the embedding has weights of its own all the same. Transformers 5 says of every T5 that it is tied.</summary>
    static bool HasOwnHead(CheckpointFiles files, bool byTransformers5)
    {
        if (files.Find(Head) is null) return false;
        if (byTransformers5) return !Same(files, Head);
        CheckCopy(files, Head);
        return false;
    }

    /// <summary>A copy that differs would be dropped, and the model would be another one.</summary>
    static void CheckCopy(CheckpointFiles files, string name)
    {
        if (files.Find(name) is not null && !Same(files, name))
            throw new CheckpointException(files.PathOf(name),
                $"tensor '{name}' differs from '{Embedding}', of which {Config} makes it a copy; correct the one that is wrong.");
    }

    static bool Same(CheckpointFiles files, string name)
    {
        if (files.Find(Embedding) is not { } embedding || files.Find(name) is not { } other || embedding.Dtype != other.Dtype
            || !embedding.Shape.SequenceEqual(other.Shape)) return false;
        using var scope = NewDisposeScope();
        return files.Read(name, other.Dtype).eq(files.Read(Embedding, embedding.Dtype)).all().item<bool>();
    }

    /// <summary>A model of many layers takes room even without its numbers, so it is not built for layers that are not there.</summary>
    static void CheckLayers(T5Config config, CheckpointFiles files)
    {
        foreach (var (stack, count, part, setting) in new[] { ("encoder", config.EncoderLayerCount, 1, "num_layers"),
            ("decoder", config.DecoderLayerCount, 2, "num_decoder_layers") })
        {
            for (int i = 0; i < count; i++)
            {
                string name = $"{stack}.block.{i}.layer.{part}.DenseReluDense.wo.weight";
                if (files.Find(name) is null)
                    throw new CheckpointException(files.Path, $"tensor '{name}' is missing, and {Config} asks for {count} layers ({setting}).");
            }
        }
    }
}
