using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using PretrainBaseModel.Text;

namespace PretrainBaseModel.Tests.Text;

public sealed class RandomTextModelTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void WritesABaseModelOverTheGivenVocabulary()
    {
        WordTokenizerFiles.Write(Directory.CreateDirectory(folder["words"]).FullName, ["one", "two", "three"]);

        long weights = RandomTextModel.Write(folder["words"], width: 32, seed: 1, folder["model"]);

        Directory.GetFiles(folder["model"]).Select(Path.GetFileName).Should().BeEquivalentTo("config.json", "model.safetensors", "spiece.model", "tokenizer_config.json");
        var baseModel = TextBaseModel.Open(folder["model"]);
        baseModel.Tokenizer.Cut("two one").Should().Equal("▁two", "▁one");
        using var model = baseModel.Load();
        (model.Config.VocabularySize, model.Config.HiddenSize, model.Config.HeadCount).Should().Be((6, 32, 2));
        model.parameters().Sum(parameter => parameter.numel()).Should().Be(weights);
    }

    [Fact]
    public void TheSeedDecidesEveryByte()
    {
        WordTokenizerFiles.Write(Directory.CreateDirectory(folder["words"]).FullName, ["one", "two"]);
        byte[] Written(string name, int seed)
        {
            RandomTextModel.Write(folder["words"], width: 16, seed, folder[name]);
            return File.ReadAllBytes(Path.Combine(folder[name], "model.safetensors"));
        }

        byte[] first = Written("first", seed: 1);

        Written("again", seed: 1).Should().Equal(first);
        Written("other", seed: 2).Should().NotEqual(first);
    }

    [Fact]
    public void AVocabularyThatIsNotThereIsRefusedAndNothingIsWritten()
    {
        FluentActions.Invoking(() => RandomTextModel.Write(folder["none"], width: 16, seed: 1, folder["model"])).Should().Throw<CheckpointException>().WithMessage("*spiece.model*");
        Directory.Exists(folder["model"]).Should().BeFalse();
    }
}
