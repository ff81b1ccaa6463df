using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Reads and writes T5 checkpoints in the layout of transformers.</summary>
internal static class T5Checkpoint
{
    const string Config = ModelConfigFile.FileName, Embedding = "shared", Head = "lm_head";
    const string Weight = ".weight";
    const int LargestConfig = 1 << 20;

    // The embedding under the names of the parts that use it.
    static readonly string[] copies = ["encoder.embed_tokens", "decoder.embed_tokens"];

    // Old checkpoints hold a table for cross-attention, which has no positions.
    static readonly string[] unused = ["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"];

    // The tokenizer in its several forms, and how to generate.
    static readonly string[] beside = ["spiece.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "generation_config.json"];

    public static T5Model Load(string folder, T5LoadOptions options, ILogger logger, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        using var files = CheckpointFiles.OpenFor(folder, options.AllowOutsideLinks);
        return WeightLoader.Fill(Shape(folder, files), model => WeightLoader.Load(files, Slots(model, files), Unused(model.Config), options.Dtype, logger,
            progress, cancellation), files, options.Dtype, logger);
    }

    public static T5Config Check(string folder, T5LoadOptions options)
    {
        options.Validate();
        using var files = CheckpointFiles.OpenFor(folder, options.AllowOutsideLinks);
        using var model = Shape(folder, files);
        WeightLoader.Check(files, Slots(model, files), Unused(model.Config));
        return model.Config;
    }

    public static void Save(T5Model model, string folder, CheckpointSaveOptions options, ILogger logger, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        options.Validate();
        if (options.Base is not { } original)
        {
            CheckpointWriter.WriteModel(nameof(T5Model), model.Slots(), folder, options, beside, stream => T5ConfigFile.Write(stream, model.Config), logger, progress,
                cancellation);
            return;
        }
        using var files = CheckpointFiles.OpenFor(original, allowOutsideLinks: false);
        if (ReadConfig(original, files) != model.Config)
            throw new CheckpointException(Path.Combine(original, Config), $"the settings are not those of the model that is to be written over it; give the folder that it was loaded from.");
        string embedding = EmbeddingIn(files, model.Config.TiedHead);
        var repeated = Names(model.Config.TiedHead).Where(name => name != embedding).ToDictionary(name => name + Weight, _ => embedding + Weight, StringComparer.Ordinal);
        CheckpointWriter.WriteModel(nameof(T5Model), new OriginalCheckpoint(files, original, Slots(model, files)) { Copies = repeated }, folder, options, beside, logger,
            progress, cancellation);
    }

    /// <summary>The model that the headers describe, without numbers. The caller owns it.</summary>
    static T5Model Shape(string folder, CheckpointFiles files)
    {
        var config = ReadConfig(folder, files);
        CheckLayers(config, files);
        string embedding = EmbeddingIn(files, config.TiedHead);
        foreach (string copy in copies) CheckCopy(files, copy, embedding);
        return new T5Model(config, META) { BaseModelName = ModelName.OfFolder(folder) };
    }

    static string[] Unused(T5Config config) => [.. copies.Select(name => name + Weight), .. unused, .. config.TiedHead ? [Head + Weight] : Array.Empty<string>()];

    static WeightSlot[] Slots(T5Model model, CheckpointFiles files) => [.. model.Slots(EmbeddingIn(files, model.Config.TiedHead))];

    /// <summary>What the embedding may be called, in the order of preference.</summary>
    static IEnumerable<string> Names(bool tiedHead) => [Embedding, .. copies, .. tiedHead ? [Head] : Array.Empty<string>()];

    /// <summary>
    /// What the checkpoint calls the embedding. Programs that write a tied tensor once keep whichever of its names comes first to them, and that of a tied head
    /// may be the only one.
    /// </summary>
    static string EmbeddingIn(CheckpointFiles files, bool tiedHead) => Names(tiedHead).FirstOrDefault(name => files.Find(name + Weight) is not null)
        ?? throw new CheckpointException(files.Path,
            $"tensor '{Embedding}{Weight}', the embedding, is missing, and so are its other names {string.Join(", ", Names(tiedHead).Skip(1).Select(name => $"'{name}{Weight}'"))}; the checkpoint holds {files.Names.Count} tensors. Is {Config} the one that belongs to it?");

    static T5Config ReadConfig(string folder, CheckpointFiles files) => ModelConfigFile.Read(folder, LargestConfig, fields =>
    {
        var config = T5ConfigFile.Read(fields);
        config.Validate();
        return config.TiedHead && HasOwnHead(files, T5ConfigFile.IsByTransformers5(fields)) ? config with { TiedHead = false } : config;
    });

    /// <summary>Whether a head that the config ties to the embedding has weights of its own all the same. Transformers 5 says of every model that it is tied.</summary>
    static bool HasOwnHead(CheckpointFiles files, bool byTransformers5)
    {
        string embedding = EmbeddingIn(files, tiedHead: true);
        if (embedding == Head || files.Find(Head + Weight) is null) return false;
        if (byTransformers5) return !Same(files, Head, embedding);
        CheckCopy(files, Head, embedding);
        return false;
    }

    /// <summary>A copy that differs would be dropped, and the model would be another one.</summary>
    static void CheckCopy(CheckpointFiles files, string name, string embedding)
    {
        if (name != embedding && files.Find(name + Weight) is not null && !Same(files, name, embedding))
            throw new CheckpointException(files.PathOf(name + Weight),
                $"tensor '{name}{Weight}' differs from '{embedding}{Weight}', of which {Config} makes it a copy; correct the one that is wrong.");
    }

    static bool Same(CheckpointFiles files, string name, string embedding)
    {
        var (one, two) = (files.Find(embedding + Weight)!, files.Find(name + Weight)!);
        if (one.Dtype != two.Dtype || !one.Shape.SequenceEqual(two.Shape)) return false;
        using var scope = NewDisposeScope();
        return files.Read(name + Weight, two.Dtype).eq(files.Read(embedding + Weight, one.Dtype)).all().item<bool>();
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
