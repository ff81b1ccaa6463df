using System.Text.Json;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Reads checkpoints of the ViT's families in the layouts of transformers and timm, and writes them.</summary>
internal static class VitCheckpoint
{
    const string Config = ModelConfigFile.FileName;
    const int LargestConfig = 16 << 20;   // in21k's class names twice are 2 MB
    const int MostClasses = 1 << 20;

    // How images are made ready for the model.
    static readonly string[] beside = ["preprocessor_config.json"];

    public static VisionTransformer Load(string folder, VitLoadOptions options, ILogger logger, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        using var files = CheckpointFiles.OpenFor(folder, options.AllowOutsideLinks);
        var (shaped, layout, stored) = Shape(folder, files, options);
        return WeightLoader.Fill(shaped, model =>
        {
            WeightLoader.Load(files, Slots(model, layout, stored), Unused(files, layout, model), options.Dtype, logger, progress, cancellation);
            if (model.Config.ImageSize != stored.ImageSize) logger.PositionsInterpolated(stored.ImageSize, model.Config.ImageSize);
            if (options.ClassNames is not { } names) return;
            model.ResetHead(names, options.HeadSeed);
            logger.FreshHead(names.Count);
        }, files, options.Dtype, logger);
    }

    public static VitConfig Check(string folder, VitLoadOptions options)
    {
        options.Validate();
        using var files = CheckpointFiles.OpenFor(folder, options.AllowOutsideLinks);
        var (model, layout, stored) = Shape(folder, files, options);
        using (model) WeightLoader.Check(files, Slots(model, layout, stored), Unused(files, layout, model));
        return options.ClassNames is { } names ? model.Config with { ClassNames = [.. names] } : model.Config;
    }

    public static void Save(VisionTransformer model, string folder, CheckpointSaveOptions options, ILogger logger, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        options.Validate();
        if (options.Base is not { } original)
        {
            CheckpointWriter.WriteModel(nameof(VisionTransformer), model.Slots(model.Config.Family.LayoutFor(model.Config)), folder, options, beside,
                stream => WriteConfig(stream, model.Config), logger, progress, cancellation, TimmSettings(model, options) is { } preprocessing ? [(beside[0], preprocessing)] : []);
            return;
        }
        using var files = CheckpointFiles.OpenFor(original, allowOutsideLinks: false);
        var (stored, layout) = ReadConfig(original, files);
        stored = WithClasses(stored, layout, files);
        if (!SameShape(stored, model.Config))
            throw new CheckpointException(Path.Combine(original, Config), "the settings are not those of the model that is to be written over it; give the folder that it was loaded from.");
        bool getsHead = model.Classifier is not null && files.Find(layout.Head.Weight.Name) is null;
        // Beside a head transformers expects the model's own part under its name.
        string front = getsHead ? layout.FrontForHead : "";
        if (front.Length > 0) layout = layout.WithFront;
        CheckpointWriter.WriteModel(nameof(VisionTransformer), new OriginalCheckpoint(files, original, [.. model.Slots(layout)])
        {
            Front = front,
            Edit = VitConfigEdit.Of(stored, model.Config, isTimm: layout is TimmVitLayout),
        }, folder, options, beside, logger, progress, cancellation);
    }

    // Another head and another size of the images are what a model can get after it was loaded.
    static bool SameShape(VitConfig stored, VitConfig model) => stored with { ClassNames = model.ClassNames, ImageSize = model.ImageSize } == model;

    // What is written is in transformers' layout, where timm's settings of the pictures have no place in the configuration.
    static byte[]? TimmSettings(VisionTransformer model, CheckpointSaveOptions options) =>
        options.CompanionsFrom is { } from && !File.Exists(Path.Combine(from, beside[0])) ? TimmPreprocessing.ToPreprocessorConfig(from, model.Config.ImageSize, out _) : null;

    /// <summary>The model that the headers describe, without numbers, and the shape that the checkpoint was stored in. The caller owns the model.</summary>
    static (VisionTransformer Model, VitLayout Layout, VitConfig Stored) Shape(string folder, CheckpointFiles files, VitLoadOptions options)
    {
        var (config, layout) = ReadConfig(folder, files);
        config = WithClasses(config, layout, files);
        CheckLayers(config, layout, files);

        int side = options.ImageSize ?? config.ImageSize;
        if (side < 1 || side % config.PatchSize != 0)
            throw new CheckpointException(files.Path, $"an image size of {side} was asked for; it must be a multiple of the patch size {config.PatchSize}.");
        return (new VisionTransformer(config with { ImageSize = side }, META) { BaseModelName = ModelName.OfFolder(folder) }, layout, config);
    }

    static string[] Unused(CheckpointFiles files, VitLayout layout, VisionTransformer model)
    {
        var used = model.Slots(layout).Select(slot => slot.Name).ToHashSet(StringComparer.Ordinal);
        return [.. files.Names.Where(name => layout.IsUnused(name) && !used.Contains(name))];
    }

    static void WriteConfig(Stream stream, VitConfig config)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        config.Family.Write(json, config);
        json.WriteEndObject();
        json.Flush();
    }

    static WeightSlot[] Slots(VisionTransformer model, VitLayout layout, VitConfig stored) =>
        [.. model.Slots(layout).Select(slot => slot.Source == layout.Positions ? Interpolated(slot, stored, model.Config) : slot)];

    static (VitConfig Config, VitLayout Layout) ReadConfig(string folder, CheckpointFiles files) => ModelConfigFile.Read(folder, LargestConfig, fields =>
    {
        var family = VitFamily.Of(fields);
        var config = family.Read(fields, files);
        config.Validate();
        return (config, family.LayoutOf(config, files.Names));
    });

    /// <summary>The names of the classes must be as many as the head has; a model without a head has none, whatever its config says.</summary>
    static VitConfig WithClasses(VitConfig config, VitLayout layout, CheckpointFiles files)
    {
        string name = layout.Head.Weight.Name;
        if (files.Find(name) is not { } head) return config with { ClassNames = [] };
        // [classes, features]; where there are two heads each reads one token.
        int width = config.Parts.Pooling == VitPooling.ClassAndDistillationToken ? config.HiddenSize : config.FeatureSize;
        if (head.Shape.Count != 2 || head.Shape[0] is < 1 or > MostClasses || head.Shape[1] != width)
            throw new CheckpointException(files.PathOf(name),
                $"tensor '{name}': expected [1 … {MostClasses}, {width}], found [{string.Join(", ", head.Shape)}].");
        int classes = (int)head.Shape[0];
        if (config.ClassNames.Count == classes) return config;
        return config.ClassNames.Count == 0
            ? config with { ClassNames = [.. Enumerable.Range(0, classes).Select(i => $"LABEL_{i}")] }
            : throw new CheckpointException(files.PathOf(name), $"tensor '{name}': expected {config.ClassNames.Count} classes as in {Config}, found {classes}.");
    }

    /// <summary>A model of many layers takes room even without its numbers, so it is not built for layers that are not there.</summary>
    static void CheckLayers(VitConfig config, VitLayout layout, CheckpointFiles files)
    {
        for (int i = 0; i < config.LayerCount; i++)
        {
            string name = layout.Layer(i, LinearRole.FeedForwardIn).Weight.Name;
            if (files.Find(name) is null)
                throw new CheckpointException(files.Path, $"tensor '{name}' is missing, and {Config} asks for {config.LayerCount} layers.");
        }
    }

    // The file holds the positions of its own image size.
    static WeightSlot Interpolated(WeightSlot slot, VitConfig stored, VitConfig wanted) => stored.ImageSize == wanted.ImageSize ? slot : slot with
    {
        Shape = stored.PositionShape,
        Convert = positions => PositionGrid.Interpolate(positions, wanted.GridSize, stored.Parts.PositionCountInFront, stored.Parts.PositionFilter),
    };
}
