using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.FewShot.Tests.Text.Tokenization;
using LoraComposition.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Foundations;

public sealed class TextFoundationTests : IDisposable
{
    private readonly TinyTextExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void LoadsEqualCopiesInItsType()
    {
        var half = TextFoundation.Open(tiny.Foundation.Folder, ScalarType.BFloat16);
        using var first = tiny.Foundation.Load();
        using var second = tiny.Foundation.Load();
        using var rounded = half.Load();

        Snapshot.Of(second.named_parameters()).Should().BeEquivalentTo(Snapshot.Of(first.named_parameters()));
        first.parameters().Should().OnlyContain(p => p.dtype == ScalarType.Float32);
        rounded.parameters().Should().Contain(p => p.dtype == ScalarType.BFloat16);
        half.Fingerprint.Should().Be(tiny.Foundation.Fingerprint);
    }

    [Fact]
    public void OtherWeightsHaveAnotherFingerprint() =>
        TextFoundation.Open(tiny.SaveModel("other", seed: 2)).Fingerprint.Should().NotBe(tiny.Foundation.Fingerprint);

    [Fact]
    public void RefusesATokenizerOfAnotherModel()
    {
        int tokens = TokenizerFixture.Tokenizer.VocabularySize;

        FluentActions.Invoking(() => TextFoundation.Open(tiny.SaveModel("small", tokens - 1))).Should().Throw<ModelFileException>().WithMessage($"*at least {tokens} tokens*found {tokens - 1}*");
        TextFoundation.Open(tiny.SaveModel("spare", tokens + 28)).Tokenizer.VocabularySize.Should().Be(tokens);
    }

    [Theory]
    [InlineData("spiece.model")]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    public void NamesAMissingFile(string file)
    {
        File.Delete(Path.Combine(tiny.Foundation.Folder, file));

        FluentActions.Invoking(() => TextFoundation.Open(tiny.Foundation.Folder)).Should().Throw<ModelFileException>().WithMessage($"*{file}*");
    }
}
