using System.Security.Cryptography;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.BaseModels;

public sealed class ImageBaseModelTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsWhatTheFolderSays()
    {
        TinyModel.Save(folder.Path);

        var baseModel = ImageBaseModel.Open(folder.Path);

        baseModel.Fingerprint.Should().Be(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(folder.At("model.safetensors")))));
        baseModel.Preprocessing.Should().Be(ImagePreprocessing.Default with { Size = TinyModel.ImageSize, Resample = Resample.Bicubic });
        (baseModel.Folder, baseModel.Dtype, baseModel.Device).Should().Be((folder.Path, ScalarType.Float32, CPU));
    }

    [Fact]
    public void OtherWeightsHaveAnotherFingerprint()
    {
        string first = ImageBaseModel.Open(TinyModel.Save(folder.Path, seed: 1)).Fingerprint;

        ImageBaseModel.Open(TinyModel.Save(folder.Path, seed: 2)).Fingerprint.Should().NotBe(first);
    }

    [Fact]
    public void TakesTheModelsSizeWithoutAPreprocessor()
    {
        TinyModel.Save(folder.Path);
        File.Delete(folder.At("preprocessor_config.json"));

        var baseModel = ImageBaseModel.Open(folder.Path);

        baseModel.Preprocessing.Should().Be(ImagePreprocessing.Default with { Size = TinyModel.ImageSize });
        baseModel.Warning.Should().Contain("it is guessed").And.Contain("bilinear, mean and std 0.5");
    }

    [Theory]
    [InlineData("deit", "DeiTImageProcessor", ResizeFit.BothSides, 32, 0.5f)]
    [InlineData("dinov2", "BitImageProcessor", ResizeFit.ShortestEdge, 28, 0.48145466f)]
    [InlineData("clip", "CLIPImageProcessor", ResizeFit.ShortestEdge, 28, 0.48145466f)]
    [InlineData("siglip", "SiglipImageProcessor", ResizeFit.BothSides, null, 0.5f)]
    public void OfEachFamilyWhatIsLeftOutIsThatOfItsProcessor(string family, string processor, ResizeFit fit, int? resizeTo, float red)
    {
        CopyFamily(family);
        var expected = new ImagePreprocessing { Size = 28, ResizeTo = resizeTo, Fit = fit, Resample = Resample.Bicubic };

        var bare = ImageBaseModel.Open(folder.Path);
        (bare.Preprocessing with { Mean = expected.Mean, Std = expected.Std }).Should().Be(expected);
        bare.Preprocessing.Mean.Red.Should().Be(red);
        bare.Warning.Should().Contain($"{processor}'s defaults are taken");

        File.WriteAllText(folder.At("preprocessor_config.json"), """{"do_resize": true, "do_convert_rgb": true}""");
        var said = ImageBaseModel.Open(folder.Path);
        said.Preprocessing.Should().Be(bare.Preprocessing);
        said.Warning.Should().Contain($"{processor}'s defaults are taken");
    }

    [Fact]
    public void ADinov2IsLoadedForTheSizeOfItsPreprocessing()
    {
        CopyFamily("dinov2");
        Crop(56);

        var baseModel = ImageBaseModel.Open(folder.Path);
        using var model = baseModel.Load(["a", "b"], headSeed: 1);
        baseModel.Preprocessing.Size.Should().Be(56);
        model.Config.ImageSize.Should().Be(56);
        using var features = model.Features(zeros(1, 3, 56, 56));
        features.shape.Should().Equal(1, 64);

        Crop(50);
        FluentActions.Invoking(() => ImageBaseModel.Open(folder.Path)).Should().Throw<DataException>().WithMessage("*a multiple of the model's patches of 14 pixels, found 50*");
        CopyFamily("clip");
        Crop(56);
        FluentActions.Invoking(() => ImageBaseModel.Open(folder.Path)).Should().Throw<DataException>().WithMessage("*the model's 28 pixels, found 56*");
    }

    void Crop(int side) => File.WriteAllText(folder.At("preprocessor_config.json"),
        $$"""{"image_processor_type": "BitImageProcessorFast", "size": {"shortest_edge": 64}, "crop_size": {"height": {{side}}, "width": {{side}}}, "resample": 3, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}""");

    void CopyFamily(string name)
    {
        foreach (string file in (string[])["config.json", "model.safetensors"])
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "vit-family", name, file), folder.At(file), overwrite: true);
    }

    [Fact]
    public void TakesTimmsSettings()
    {
        WithTimm("""{"input_size": [3, 16, 16], "interpolation": "bicubic", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "crop_pct": 0.9, "crop_mode": "center"}""");

        var baseModel = ImageBaseModel.Open(folder.Path);

        baseModel.Preprocessing.Should().Be(new ImagePreprocessing
        {
            Size = 16,
            ResizeTo = 17,
            Fit = ResizeFit.ShortestEdge,
            CropOffset = CropOffset.Round,
            Resample = Resample.Bicubic,
            Mean = new(0.485f, 0.456f, 0.406f),
            Std = new(0.229f, 0.224f, 0.225f),
        });
        baseModel.Warning.Should().BeNull();
    }

    [Fact]
    public void SaysWhatTimmsSettingsLeaveOut()
    {
        WithTimm("""{"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "crop_mode": "squash"}""");

        var baseModel = ImageBaseModel.Open(folder.Path);

        (baseModel.Preprocessing.ResizeTo, baseModel.Preprocessing.Fit, baseModel.Preprocessing.Resample).Should().Be((18, ResizeFit.BothSides, Resample.Bicubic));
        baseModel.Warning.Should().Contain("config.json leaves out crop_pct, interpolation, for which timm's defaults are taken");
    }

    [Theory]
    [InlineData("""{"interpolation": "random"}""", "*interpolation*random*")]
    [InlineData("""{"crop_pct": 0}""", "*crop_pct*")]
    [InlineData("""{"crop_pct": "all"}""", "*crop_pct*all*")]
    [InlineData("""{"crop_pct": 1e-300}""", "*crop_pct*")]
    [InlineData("""{"crop_mode": "spiral"}""", "*crop_mode*spiral*")]
    [InlineData("""{"mean": [1, 2]}""", "*three channels for mean*")]
    [InlineData("""{"std": [0, 0, 0]}""", "*Std must be positive*")]
    public void RefusesTimmsSettingsThatCannotBe(string settings, string message)
    {
        WithTimm(settings);

        FluentActions.Invoking(() => ImageBaseModel.Open(folder.Path)).Should().Throw<LoraCompositionException>().WithMessage(message);
    }

    void WithTimm(string settings)
    {
        TinyModel.Save(folder.Path);
        File.Delete(folder.At("preprocessor_config.json"));
        string config = File.ReadAllText(folder.At("config.json")).TrimEnd();
        File.WriteAllText(folder.At("config.json"), $"{config[..^1]}, \"pretrained_cfg\": {settings} }}");
    }

    [Fact]
    public void RefusesAMissingFolder() =>
        FluentActions.Invoking(() => ImageBaseModel.Open(folder.At("none", "here"))).Should().Throw<ModelFileException>().WithMessage("*none*here*");

    [Fact]
    public void RefusesAMissingModel()
    {
        TinyModel.Save(folder.Path);
        File.Delete(folder.At("model.safetensors"));

        FluentActions.Invoking(() => ImageBaseModel.Open(folder.Path)).Should().Throw<ModelFileException>().WithMessage("*model.safetensors*missing*");
    }

    [Fact]
    public void RefusesAPreprocessorOfAnotherSize()
    {
        TinyModel.Save(folder.Path, preprocessedSize: 24);

        FluentActions.Invoking(() => ImageBaseModel.Open(folder.Path)).Should().Throw<DataException>().WithMessage("*preprocessor_config.json*16 pixels, found 24*");
    }

    [Fact]
    public void LoadsFreshCopiesWithSeededHeads()
    {
        var baseModel = ImageBaseModel.Open(TinyModel.Save(folder.Path));
        using var first = baseModel.Load(["a", "b", "c"], 1);
        using var same = baseModel.Load(["a", "b", "c"], 1);
        using var other = baseModel.Load(["a", "b", "c"], 2);

        first.Config.ClassNames.Should().Equal("a", "b", "c");
        Snapshot.Of(same.named_parameters()).Should().BeEquivalentTo(Snapshot.Of(first.named_parameters()));
        Snapshot.Of(other.Classifier!.weight!).Should().NotEqual(Snapshot.Of(first.Classifier!.weight!));
        using (no_grad()) first.Classifier.weight!.zero_();
        Snapshot.Of(same.Classifier!.weight!).Should().NotEqual(Snapshot.Of(first.Classifier.weight!));
    }

    [Fact]
    public void TheBodyHasTheTypeAskedFor()
    {
        var baseModel = ImageBaseModel.Open(TinyModel.Save(folder.Path), ScalarType.BFloat16);
        using var model = baseModel.Load(["a", "b"], 1);
        using var wide = baseModel.Load(["a", "b"], 1, ScalarType.Float32);

        model.parameters().First().dtype.Should().Be(ScalarType.BFloat16);
        model.Classifier!.weight!.dtype.Should().Be(ScalarType.Float32);
        wide.parameters().Should().OnlyContain(p => p.dtype == ScalarType.Float32);
    }
}
