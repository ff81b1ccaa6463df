using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>How much memory loading takes, mapped pages counted. It is measured in a process of its own, because the peak of a process cannot be split among tests.</summary>
public class LoadMemoryTests
{
    const string FolderVariable = "LORA_COMPOSITION_LOAD", Status = "/proc/self/status";

    // About 50 MB in float32.
    static readonly VitConfig shape = new() { HiddenSize = 512, LayerCount = 4, HeadCount = 8, IntermediateSize = 2048, ImageSize = 64, PatchSize = 16 };

    [Theory]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.Float32, true)]
    [InlineData(ScalarType.BFloat16, false)]
    public void Loading_and_reading_every_number_takes_the_parameters_memory_once(ScalarType stored, bool fused)
    {
        Assert.SkipUnless(File.Exists(Status), "The peak of a process is read where Linux tells it.");
        using var folder = new TemporaryFolder();
        long parameters = Write(folder, stored, fused);

        string peak = InChild(folder);

        peak.Should().NotBeEmpty();
        (double.Parse(peak, CultureInfo.InvariantCulture) / parameters).Should().BeInRange(0.9, 1.1, "no second copy of the parameters is made, nor are they drawn first");
    }

    [Theory]
    [InlineData("deit")]
    [InlineData("dinov2")]
    [InlineData("clip")]
    [InlineData("siglip")]
    public void So_does_every_family_and_what_is_passed_over_takes_none(string family)
    {
        Assert.SkipUnless(File.Exists(Status), "The peak of a process is read where Linux tells it.");
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var config = family switch
        {
            "deit" => shape with { ClassNames = ["a", "b"], Family = Deit.Family, Parts = new() { DistillationToken = true, Pooling = VitPooling.ClassAndDistillationToken } },
            "dinov2" => shape with { Family = Dinov2.Family, Parts = new() { LayerScale = true, Activation = VitActivation.SwiGlu, Pooling = VitPooling.ClassTokenAndPatches } },
            "clip" => shape with { Family = Clip.Family, Parts = new() { FlatEmbeddings = true, PatchBias = false, NormBeforeBlocks = true, Activation = VitActivation.QuickGelu, ProjectionSize = 256 } },
            _ => shape with { Family = Siglip.Family, Parts = new() { ClassToken = false, FlatEmbeddings = true, Activation = VitActivation.TanhGelu, Pooling = VitPooling.Attention } },
        };
        using var model = new VisionTransformer(config, META);
        var tensors = model.Slots(config.Family.LayoutFor(config)).DistinctBy(slot => slot.Name).ToDictionary(slot => slot.Name, slot => full([.. slot.Source.WholeShape(slot.Shape)], 0.01));
        // 16 MB that are not for images.
        if (family is "clip" or "siglip") tensors["text_model.embeddings.token_embedding.weight"] = full(4096, 1024, 0.01);
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
        using (var stream = File.Create(folder.File("config.json")))
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            config.Family.Write(json, config);
            json.WriteEndObject();
        }
        (double.Parse(InChild(folder), CultureInfo.InvariantCulture) / model.parameters().Sum(p => 4 * p.numel())).Should().BeInRange(0.9, 1.1);
    }

    /// <summary>The measurement itself, which the tests above start.</summary>
    [Fact(Explicit = true)]
    public void Child()
    {
        string folder = Environment.GetEnvironmentVariable(FolderVariable) ?? throw new InvalidOperationException($"{FolderVariable} is not set; this is a part of another test.");
        // What is loaded and compiled on first use does not count.
        Read(Fixture.Path("vit-hf"), ScalarType.Float32);
        Read(Fixture.Path("vit-timm"), ScalarType.Float64);
        GC.Collect();
        long before = Peak("VmRSS:");
        Read(folder, ScalarType.Float32);
        File.WriteAllText(Path.Combine(folder, "peak"), (Peak("VmHWM:") - before).ToString(CultureInfo.InvariantCulture));
    }

    static void Read(string folder, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = VisionTransformer.Load(folder, new VitLoadOptions { Dtype = dtype });
        foreach (var parameter in model.parameters()) double.IsFinite(parameter.sum().ToDouble()).Should().BeTrue();
    }

    static long Peak(string name) =>
        1024 * long.Parse(File.ReadLines(Status).Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    /// <returns>The bytes of the parameters in float32.</returns>
    static long Write(TemporaryFolder folder, ScalarType dtype, bool fused)
    {
        using var scope = NewDisposeScope();
        using var model = new VisionTransformer(shape, META);
        VitLayout layout = fused ? new TimmVitLayout() : TransformersVitLayout.Default;
        var tensors = model.Slots(layout).DistinctBy(slot => slot.Name).ToDictionary(slot => slot.Name, slot => full([.. slot.Source.WholeShape(slot.Shape)], 0.01, dtype: dtype));
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
        File.WriteAllText(folder.File("config.json"), fused
            ? """{"architecture": "vit", "model_args": {"num_heads": 8}}"""
            : $$"""{"model_type": "vit", "hidden_size": {{shape.HiddenSize}}, "num_hidden_layers": {{shape.LayerCount}}, "num_attention_heads": {{shape.HeadCount}}, "intermediate_size": {{shape.IntermediateSize}}, "image_size": {{shape.ImageSize}}, "patch_size": {{shape.PatchSize}} }""");
        return model.parameters().Sum(p => 4 * p.numel());
    }

    static string InChild(TemporaryFolder folder)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(LoadMemoryTests).Assembly.Location, "-explicit", "only", "-method", $"{typeof(LoadMemoryTests).FullName}.{nameof(Child)}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[FolderVariable] = folder.Path;
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.Should().Be(0, output);
        return File.ReadAllText(folder.File("peak"));
    }
}
