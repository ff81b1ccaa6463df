using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using LoraComposition.Text.Tests.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.BaseModels;

public sealed class TextBaseModelTests : IDisposable
{
    readonly TinyTextExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void LoadsEqualCopiesInItsType()
    {
        var half = TextBaseModel.Open(tiny.BaseModel.Folder, ScalarType.BFloat16);
        using var first = tiny.BaseModel.Load();
        using var second = tiny.BaseModel.Load();
        using var rounded = half.Load();

        Snapshot.Of(second.named_parameters()).Should().BeEquivalentTo(Snapshot.Of(first.named_parameters()));
        first.parameters().Should().OnlyContain(p => p.dtype == ScalarType.Float32);
        rounded.parameters().Should().Contain(p => p.dtype == ScalarType.BFloat16);
        half.Fingerprint.Should().Be(tiny.BaseModel.Fingerprint);
    }

    [Fact]
    public void OtherWeightsHaveAnotherFingerprint() =>
        TextBaseModel.Open(tiny.SaveModel("other", seed: 2)).Fingerprint.Should().NotBe(tiny.BaseModel.Fingerprint);

    [Fact]
    public void RefusesATokenizerOfAnotherModel()
    {
        int tokens = TokenizerFixture.Tokenizer.VocabularySize;

        FluentActions.Invoking(() => TextBaseModel.Open(tiny.SaveModel("small", tokens - 1))).Should().Throw<ModelFileException>().WithMessage($"*at least {tokens} tokens*found {tokens - 1}*");
        TextBaseModel.Open(tiny.SaveModel("spare", tokens + 28)).Tokenizer.VocabularySize.Should().Be(tokens);
    }

    [Theory]
    [InlineData("spiece.model")]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    public void NamesAMissingFile(string file)
    {
        File.Delete(Path.Combine(tiny.BaseModel.Folder, file));

        FluentActions.Invoking(() => TextBaseModel.Open(tiny.BaseModel.Folder)).Should().Throw<ModelFileException>().WithMessage($"*{file}*");
    }
}
