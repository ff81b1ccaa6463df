using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using LoraComposition.Tool.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests.Commands;

public sealed class ExportCommandTests : IDisposable
{
    readonly TinyInputs inputs = new();
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        inputs.Dispose();
    }

    string Out => inputs.At("model.onnx");

    async Task<JsonElement> ExportAsync(params string[] arguments)
    {
        var (code, output, errors) = await CommandLine.RunAsync(["export", .. arguments, "--out", Out, "--json"]);
        code.Should().Be(0, string.Join('\n', errors));
        return JsonDocument.Parse(output).RootElement;
    }

    async Task AdaptAsync(string method = "learned")
    {
        var (code, _, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--method", method, "--out", inputs.At("adapted")]);
        code.Should().Be(0, string.Join('\n', errors));
    }

    Tensor Run(Tensor pixels)
    {
        using var session = new OnnxSession(Out);
        return session.Run(pixels);
    }

    static void ShouldBeClose(Tensor found, Tensor expected, double tolerance = 1e-4)
    {
        found.shape.Should().Equal(expected.shape);
        OutputDifference.Between(expected, found).Largest.Should().BeLessThanOrEqualTo(tolerance);
    }

    /// <summary>A program that has the file alone gets the same answers from the same pictures.</summary>
    [Fact]
    public async Task AnAdaptedModelWithItsMetadataIsAllThatAProgramNeeds()
    {
        await AdaptAsync();

        var report = await ExportAsync("--model", inputs.At("adapted"));

        using var session = new OnnxSession(Out);
        var preprocessing = ImagePreprocessing.FromJson(session.Metadata["lora_composition.preprocessing"]);
        string[] names = JsonSerializer.Deserialize<string[]>(session.Metadata["lora_composition.class_names"])!;
        using var adapted = AdaptedModel.Load(inputs.At("adapted"));
        foreach (string picture in Directory.GetFiles(inputs.At("pictures", "test", "plum")))
        {
            var logits = session.Run(tensor(preprocessing.ToPixels(ImageFileDecoder.Decode(picture)), [1, 3, preprocessing.Size, preprocessing.Size]));
            var found = names.Zip(logits.softmax(1).data<float>().ToArray()).ToDictionary(pair => pair.First, pair => (double)pair.Second);
            foreach (var expected in new ImagePredictor(adapted).Predict(picture)) found[expected.ClassName].Should().BeApproximately(expected.Probability, 1e-4);
        }
        preprocessing.Should().Be(adapted.Preprocessing);
        session.Metadata["lora_composition.adapted_by"].Should().Be("learned");
        session.Metadata["lora_composition.base_sha256"].Should().Be(adapted.Info.Base.Sha256);
        session.Metadata["lora_composition.base_model"].Should().Be("base");
        session.Metadata["lora_composition.sources"].Should().Contain("module-1").And.Contain("module-2");
        report.GetProperty("bytes").GetInt64().Should().Be(new FileInfo(Out).Length);
        report.GetProperty("classes").EnumerateArray().Select(name => name.GetString()).Should().Equal(names);
        report.GetProperty("inputShape").EnumerateArray().Select(size => size.GetInt32()).Should().Equal(3, 16, 16);
        report.GetProperty("warnings").GetArrayLength().Should().Be(0);
    }

    [Theory]
    [InlineData("classifier")]
    [InlineData("ties")]
    [InlineData("lora")]
    public async Task WhateverTheMethodTheFileComputesWhatTheFolderDoes(string method)
    {
        await AdaptAsync(method);

        await ExportAsync("--model", inputs.At("adapted"));

        using var adapted = AdaptedModel.Load(inputs.At("adapted"));
        var pixels = randn(3, 3, 16, 16);
        ShouldBeClose(Run(pixels), adapted.Model.call(pixels));
    }

    [Fact]
    public async Task AMovedBaseIsTaken()
    {
        await AdaptAsync();
        Directory.Move(inputs.At("base"), inputs.At("moved"));

        var (code, _, errors) = await CommandLine.RunAsync("export", "--model", inputs.At("adapted"), "--out", Out);
        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().StartWith(inputs.At("base"));
        File.Exists(Out).Should().BeFalse();

        await ExportAsync("--model", inputs.At("adapted"), "--base", inputs.At("moved"));
    }

    [Fact]
    public async Task AMergedCheckpointKeepsItsClassesAndSaysHowItCameAbout()
    {
        string merged = inputs.At("merged");
        (await CommandLine.RunAsync("compose", "--base", Reference.Base, "--adapter", Reference.Adapter("vit-a"), Reference.Adapter("vit-b"), "--as", "checkpoint", "--out", merged)).Code.Should().Be(0);

        var report = await ExportAsync("--model", merged);

        using var model = VisionTransformer.Load(merged);
        ShouldBeClose(Run(Reference.Pixels()), model.call(Reference.Pixels()));
        using var session = new OnnxSession(Out);
        session.Metadata["lora_composition.method"].Should().Be("uniform");
        session.Metadata["lora_composition.sources"].Should().Contain("vit-a").And.Contain("vit-b");
        report.GetProperty("classes").EnumerateArray().Select(name => name.GetString()).Should().Equal(model.Config.ClassNames);
    }

    [Fact]
    public async Task AdaptersAreComposedOnTheCheckpoint()
    {
        await ExportAsync("--model", Reference.Base, "--adapter", Reference.Adapter("vit-a"), Reference.Adapter("vit-b"));

        using var model = VisionTransformer.Load(Reference.Base);
        using LoraAdapter a = LoraAdapter.Load(Reference.Adapter("vit-a")), b = LoraAdapter.Load(Reference.Adapter("vit-b"));
        using var composition = Composition.AttachUniform(model, [a, b]);
        ShouldBeClose(Run(Reference.Pixels()), model.call(Reference.Pixels()));
    }

    [Fact]
    public async Task ASingleAdapterBringsItsHead()
    {
        await ExportAsync("--model", Reference.Base, "--adapter", Reference.Adapter("vit-head"));

        ShouldBeClose(Run(Reference.Pixels()), Reference.Logits("vit-head"));
    }

    [Fact]
    public async Task AModelWithoutAHeadGivesFeaturesAndAWarning()
    {
        var (code, output, errors) = await CommandLine.RunAsync("export", "--model", Reference.Path("vit-hf-backbone"), "--out", Out);

        code.Should().Be(0);
        errors.Should().HaveCount(2);
        errors[0].Should().Contain("so it is guessed");
        errors[1].Should().Be("warning: The model has no head, so the file gives features and no classes; adapt makes a model with one.");
        output.Should().Be($"Wrote {Out}: 0.1 MB, float32, ONNX operator set 17.\nIt reads pixel_values [batch, 3, 16, 16] and gives features [batch, 32].\n");
    }

    [Fact]
    public async Task Float16TakesHalfOfTheRoom()
    {
        long whole = (await ExportAsync("--model", Reference.Base)).GetProperty("bytes").GetInt64();
        File.Delete(Out);

        var report = await ExportAsync("--model", Reference.Base, "--float16");

        report.GetProperty("dtype").GetString().Should().Be("float16");
        report.GetProperty("bytes").GetInt64().Should().BeLessThan((long)(0.6 * whole));
        using var model = VisionTransformer.Load(Reference.Base);
        ShouldBeClose(Run(Reference.Pixels()), model.call(Reference.Pixels()), 2e-2);
    }

    [Fact]
    public async Task TheSameModelGivesTheSameBytesAndAnOldFileIsReplacedByForceAlone()
    {
        await ExportAsync("--model", Reference.Base);
        byte[] first = File.ReadAllBytes(Out);
        File.WriteAllText(Out, "old");

        var (code, _, errors) = await CommandLine.RunAsync("export", "--model", Reference.Base, "--out", Out);

        (code, File.ReadAllText(Out)).Should().Be((2, "old"));
        errors.Should().ContainSingle().Which.Should().Contain("the file is there; give another, or --force to replace it.");
        await ExportAsync("--model", Reference.Base, "--force");
        File.ReadAllBytes(Out).Should().Equal(first);
    }

    [Fact]
    public async Task ATextModelIsRefusedByName()
    {
        var (code, output, errors) = await CommandLine.RunAsync("export", "--model", Reference.T5Base, "--out", Out);

        (code, output).Should().Be((1, ""));
        errors.Should().ContainSingle().Which.Should().EndWith("expected \"vit\", \"deit\", \"dinov2\", \"dinov2_with_registers\", \"clip\", \"clip_vision_model\", \"siglip\" or \"siglip_vision_model\" (a vision transformer, which images need) for model_type, found \"t5\".");
        File.Exists(Out).Should().BeFalse();
    }

    [Fact]
    public async Task AModelThatGivesNoNumbersIsRefused()
    {
        using (var model = VisionTransformer.Load(Reference.Base))
        {
            using (no_grad()) model.Classifier!.weight!.fill_(3e38);
            model.Save(inputs.At("broken"));
        }

        var (code, _, errors) = await CommandLine.RunAsync("export", "--model", inputs.At("broken"), "--out", Out);

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().Contain("the model's outputs are NaN or infinite");
        File.Exists(Out).Should().BeFalse();
    }

    [Fact]
    public async Task RefusesWrongUsage()
    {
        await AdaptAsync("classifier");
        async Task Refuse(string message, params string[] arguments)
        {
            var (code, output, errors) = await CommandLine.RunAsync(["export", .. arguments]);
            (code, output).Should().Be((2, ""));
            errors.Should().ContainSingle().Which.Should().Contain(message);
        }

        await Refuse("--adapter is for a checkpoint", "--model", inputs.At("adapted"), "--adapter", inputs.At("module-1"), "--out", Out);
        await Refuse("--base is for a folder that adapt wrote", "--model", inputs.At("base"), "--base", inputs.At("base"), "--out", Out);
        await Refuse("this is a folder; give a file.", "--model", inputs.At("base"), "--out", inputs.At("base"));
        await Refuse("--out is empty", "--model", inputs.At("base"), "--out", "");
        await Refuse("there is no folder", "--model", inputs.At("base"), "--out", Path.Combine(inputs.Path, "nowhere", "model.onnx"));
        await Refuse("--model is empty", "--model", " ", "--out", Out);
        File.Exists(Out).Should().BeFalse();
    }
}
