using System.Reflection;
using System.Text.Json;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Onnx;

/// <summary>What is exported computes in ONNX Runtime what the model computes here.</summary>
public sealed class OnnxModelTests : IDisposable
{
    // Measured on these fixtures: at most 7e-3, with logits of up to 4.
    const double HalfTolerance = 2e-2;

    readonly DisposeScope scope = NewDisposeScope();
    readonly IDisposable noGrad = no_grad();
    readonly TemporaryFolder folder = new();

    string Path => folder.File("model.onnx");

    public void Dispose()
    {
        folder.Dispose();
        noGrad.Dispose();
        scope.Dispose();
    }

    static VisionTransformer Load(string name, VitLoadOptions? options = null)
    {
        var model = VisionTransformer.Load(Fixture.Path(name), options);
        model.eval();
        return model;
    }

    static Tensor Pixels(int batch, int side = 32)
    {
        using var generator = new Generator(3, CPU);
        return randn(batch, 3, side, side, generator: generator);
    }

    Tensor Exported(VisionTransformer model, Tensor pixels, OnnxExportOptions? options = null)
    {
        OnnxModel.Save(model, Path, options);
        using var session = new OnnxSession(Path);
        return session.Run(pixels);
    }

    [Theory]
    [InlineData("vit-hf", 1)]
    [InlineData("vit-hf", 3)]
    [InlineData("vit-timm", 1)]
    [InlineData("vit-timm", 3)]
    public void Logits_are_those_of_the_model_whatever_the_batch(string name, int batch)
    {
        using var model = Load(name);
        var pixels = Pixels(batch, model.Config.ImageSize);

        Exported(model, pixels).ShouldBeClose(model.call(pixels));
    }

    [Fact]
    public void Logits_are_those_of_the_reference()
    {
        using var model = Load("vit-hf");
        var io = Fixture.Tensors("vit-hf", "io.safetensors");

        Exported(model, io["pixel_values"]).ShouldBeClose(io["logits"]);
    }

    [Fact]
    public void A_model_without_a_head_gives_its_features()
    {
        using var model = Load("vit-hf-backbone");
        var pixels = Pixels(2, model.Config.ImageSize);

        Exported(model, pixels).ShouldBeClose(model.Features(pixels));
        using var session = new OnnxSession(Path);
        session.Values.Should().Equal("pixel_values[batch,3,16,16] Single", $"features[batch,{model.Config.HiddenSize}] Single");
        session.Metadata.Keys.Should().NotContain(OnnxModel.ClassNamesKey);
    }

    [Fact]
    public void Another_image_size_is_that_of_the_export()
    {
        using var model = Load("vit-hf", new VitLoadOptions { ImageSize = 48 });
        var pixels = Pixels(2, 48);

        Exported(model, pixels).ShouldBeClose(model.call(pixels));
    }

    [Fact]
    public void One_block_and_no_bias_of_the_queries_are_exported_too()
    {
        using var model = VisionTransformer.Create(new VitConfig
        {
            HiddenSize = 12,
            LayerCount = 1,
            HeadCount = 3,
            IntermediateSize = 20,
            ImageSize = 8,
            PatchSize = 4,
            ChannelCount = 3,
            QkvBias = false,
            LayerNormEpsilon = 1e-2,
            ClassNames = ["only"],
        }, seed: 5);
        foreach (var parameter in model.parameters()) parameter.mul_(20);
        var pixels = Pixels(2, 8);

        Exported(model, pixels).ShouldBeClose(model.call(pixels));
    }

    [Fact]
    public void An_attached_composition_goes_into_the_weights_and_stays_attached()
    {
        using var model = Load("vit-hf");
        var pixels = Pixels(2);
        var plain = model.call(pixels);
        using var composition = Composition.AttachUniform(model, Fixture.Adapters());
        var composed = model.call(pixels);

        var exported = Exported(model, pixels, new OnnxExportOptions { Provenance = composition.ToProvenance() });

        exported.ShouldBeClose(composed);
        composed.Distance(plain).Should().BeGreaterThan(0.01);
        model.call(pixels).ShouldBeIdentical(composed);
        using var session = new OnnxSession(Path);
        session.Metadata["lora_composition.method"].Should().Be("uniform");
        session.Metadata["lora_composition.sources"].Should().Contain("vit-a").And.Contain("vit-c");
    }

    [Fact]
    public void A_LoRA_in_training_goes_into_the_weights_without_its_dropout()
    {
        using var model = Load("vit-hf");
        using var adapter = Fixture.Adapter("vit-a");
        using var tuning = LoraTuning.Continue(model, adapter);
        var pixels = Pixels(2);
        var expected = model.call(pixels);
        model.train();

        Exported(model, pixels).ShouldBeClose(expected);
    }

    [Theory]
    [InlineData("vit-hf")]
    [InlineData("vit-timm")]
    [InlineData("vit-hf-backbone")]
    public void Float16_takes_half_the_bytes_and_gives_nearly_the_same(string name)
    {
        using var model = Load(name);
        var pixels = Pixels(3, model.Config.ImageSize);
        var whole = Exported(model, pixels);
        long length = new FileInfo(Path).Length;

        var half = Exported(model, pixels, new OnnxExportOptions { Dtype = ScalarType.Float16 });

        half.ShouldBeClose(whole, HalfTolerance);
        half.Distance(whole).Should().BeGreaterThan(0, "the numbers are rounded");
        (length / (double)new FileInfo(Path).Length).Should().BeInRange(1.7, 2);
        using var session = new OnnxSession(Path);
        session.Values.Should().OnlyContain(value => value.EndsWith("Single"), "16 bits are a matter of the inside");
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.Float64)]
    public void A_model_of_another_type_is_exported_as_float32(ScalarType dtype)
    {
        using var model = Load("vit-hf", new VitLoadOptions { Dtype = dtype });
        var pixels = Pixels(2);

        Exported(model, pixels).ShouldBeClose(model.call(pixels.to(dtype)).to(ScalarType.Float32), dtype.ElementSize() > 2 ? 1e-4 : 0.05);
    }

    /// <summary>A small update of a 16-bit weight is lost where the sum is rounded to 16 bits.</summary>
    [Fact]
    public void What_is_attached_to_16_bits_is_merged_in_float32()
    {
        using var model = Load("vit-hf", new VitLoadOptions { Dtype = ScalarType.BFloat16 });
        using var exact = Load("vit-hf", new VitLoadOptions { Dtype = ScalarType.BFloat16 });
        exact.to(ScalarType.Float32);
        using var composition = Composition.AttachUniform(model, Fixture.Adapters());
        using var rounded = composition.ToAdapter("with factors of 16 bits");
        using var same = Composition.AttachUniform(exact, [rounded]);
        var pixels = Pixels(2);

        Exported(model, pixels).ShouldBeClose(exact.call(pixels));
    }

    [Fact]
    public void The_metadata_name_classes_base_and_what_is_added()
    {
        using var model = Load("vit-hf");
        using var head = new SavedHead(zeros(2, model.Config.HiddenSize), null, ["Zürich \"HB\"", "日本"]);
        model.SetHead(head);

        OnnxModel.Save(model, Path, new OnnxExportOptions { Metadata = new Dictionary<string, string> { ["own"] = "text" } });

        using var session = new OnnxSession(Path);
        JsonSerializer.Deserialize(session.Metadata[OnnxModel.ClassNamesKey], Names.Default.StringArray).Should().Equal("Zürich \"HB\"", "日本");
        session.Metadata[OnnxModel.BaseModelKey].Should().Be(model.BaseModelName).And.NotBeNullOrEmpty();
        session.Metadata["own"].Should().Be("text");
        session.Producer.Should().Be("LoraComposition");
        session.Values.Should().Equal("pixel_values[batch,3,32,32] Single", "logits[batch,2] Single");
    }

    [Fact]
    public void The_same_model_gives_the_same_bytes_and_every_weight_is_reported()
    {
        using var model = Load("vit-hf");
        var progress = new ProgressList();

        OnnxModel.Save(model, Path, progress: progress);
        OnnxModel.Save(model, folder.File("again.onnx"), new OnnxExportOptions { Metadata = new Dictionary<string, string>() });

        File.ReadAllBytes(folder.File("again.onnx")).Should().Equal(File.ReadAllBytes(Path));
        progress.Reports.Should().Equal(ProgressList.Steps((int)progress.Reports[0].Total)).And.HaveCountGreaterThan(40);
    }

    [Fact]
    public void A_layer_that_weighs_its_modules_for_each_input_is_refused_by_name()
    {
        using var model = Load("vit-hf");
        using var composition = RoutedComposition.AttachArrow(model, Fixture.Adapters());

        var export = () => OnnxModel.Save(model, Path);

        export.Should().Throw<NotSupportedException>().WithMessage("Layer 'vit.layers.0.*' is a ArrowComposer, which weighs its modules for each input*AttachWeighted*");
        Directory.GetFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    /// <summary>The size is known before a weight is read, so a model without numbers shows it.</summary>
    [Fact]
    public void More_than_two_gigabytes_are_refused_before_anything_is_written()
    {
        // ViT-H/14: 632 million parameters.
        var huge = new VitConfig { HiddenSize = 1280, LayerCount = 32, HeadCount = 16, IntermediateSize = 5120, PatchSize = 14, ClassNames = ["a", "b"] };
        using var model = new VisionTransformer(huge, META);

        var export = () => OnnxModel.Save(model, Path);

        export.Should().Throw<NotSupportedException>().WithMessage("As ONNX in Float32 the model takes 2,5*,*,* bytes, expected at most 2,147,483,647; export it as float16.");
        export = () => OnnxModel.Save(model, Path, new OnnxExportOptions { Dtype = ScalarType.Float16 });
        export.Should().Throw<ArgumentException>().WithMessage("The model is on the meta device*", "as float16 it is small enough");
        Directory.GetFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void A_number_too_large_for_float16_is_refused_and_the_old_file_stays()
    {
        using var model = Load("vit-hf");
        model.Classifier!.bias![0] = 1e5;
        File.WriteAllBytes(Path, [1]);

        var export = () => OnnxModel.Save(model, Path, new OnnxExportOptions { Dtype = ScalarType.Float16 });

        export.Should().Throw<ArgumentException>().WithMessage("Weight 'classifier.bias' holds 100000, which is too large for Float16; export it as float32.");
        File.ReadAllBytes(Path).Should().Equal(1);
        Directory.GetFileSystemEntries(folder.Path).Should().ContainSingle();
    }

    /// <summary>The graph is a second telling of what the model computes: whoever gives the model a new setting must give it to the graph too, or refuse it.</summary>
    [Fact]
    public void The_graph_knows_every_setting_of_the_model() =>
        typeof(VitConfig).GetProperties().Select(property => property.Name).Should().BeEquivalentTo(nameof(VitConfig.HiddenSize), nameof(VitConfig.LayerCount),
            nameof(VitConfig.HeadCount), nameof(VitConfig.IntermediateSize), nameof(VitConfig.ImageSize), nameof(VitConfig.PatchSize),
            nameof(VitConfig.ChannelCount), nameof(VitConfig.QkvBias), nameof(VitConfig.LayerNormEpsilon), nameof(VitConfig.ClassNames), nameof(VitConfig.TokenCount), nameof(VitConfig.FeatureSize), nameof(VitConfig.TakesAnySize), nameof(VitConfig.ImageProcessor));

    [Fact]
    public void And_every_part_of_it() =>
        typeof(VitParts).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name).Should().BeEquivalentTo(nameof(VitParts.ClassToken), nameof(VitParts.DistillationToken),
            nameof(VitParts.RegisterCount), nameof(VitParts.PositionsInFront), nameof(VitParts.FlatEmbeddings), nameof(VitParts.PatchBias), nameof(VitParts.NormBeforeBlocks),
            nameof(VitParts.LayerScale), nameof(VitParts.Activation), nameof(VitParts.Pooling), nameof(VitParts.KeepsAttentionPool), nameof(VitParts.LastNorm), nameof(VitParts.ProjectionSize),
            nameof(VitParts.PositionFilter), nameof(VitParts.TokensInFront), nameof(VitParts.PositionCountInFront), nameof(VitParts.TokensRead));

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void Every_family_computes_there_what_its_reference_computed(string name)
    {
        using var model = VitFamilyCases.Load(name);
        using var adapter = VitFamilyCases.Adapter(name);
        var expected = VitFamilyCases.Expected(name);

        Exported(model, expected["pixel_values"]).ShouldBeClose(expected["output"]);
        using var attached = Composition.AttachUniform(model, [adapter]);
        Exported(model, expected["pixel_values"]).ShouldBeClose(expected["output_with_adapter"]);
        var half = Exported(model, expected["pixel_values"], new OnnxExportOptions { Dtype = ScalarType.Float16 });
        half.Distance(expected["output_with_adapter"]).Should().BeLessThan(HalfTolerance * expected["output_with_adapter"].abs().max().item<float>());
    }

    [Fact]
    public void Settings_that_cannot_be_are_refused()
    {
        using var model = Load("vit-hf");
        void Refuse(OnnxExportOptions options, string message) =>
            FluentActions.Invoking(() => OnnxModel.Save(model, Path, options)).Should().Throw<ArgumentException>().WithMessage(message);

        Refuse(new OnnxExportOptions { Dtype = ScalarType.BFloat16 }, "A model cannot be exported as BFloat16; expected float32 or float16.*");
        Refuse(new OnnxExportOptions { Metadata = new Dictionary<string, string> { [" "] = "" } }, "An entry of the metadata has no name.*");
        Refuse(new OnnxExportOptions { Metadata = new Dictionary<string, string> { [OnnxModel.ClassNamesKey] = "[]" } }, "The entry 'lora_composition.class_names'*");
        model.Dispose();
        FluentActions.Invoking(() => OnnxModel.Save(model, Path)).Should().Throw<ObjectDisposedException>();
        Directory.GetFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void Cancelling_half_way_leaves_nothing()
    {
        using var model = Load("vit-hf");
        using var source = new CancellationTokenSource();
        var progress = new ProgressList(report => { if (report.Done == report.Total / 2) source.Cancel(); });

        var export = () => OnnxModel.Save(model, Path, progress: progress, cancellation: source.Token);

        export.Should().Throw<OperationCanceledException>();
        progress.Reports.Should().HaveCount((int)progress.Reports[0].Total / 2);
        Directory.GetFileSystemEntries(folder.Path).Should().BeEmpty();
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string[]))]
sealed partial class Names : System.Text.Json.Serialization.JsonSerializerContext;
