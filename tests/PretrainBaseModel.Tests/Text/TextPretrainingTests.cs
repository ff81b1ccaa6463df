using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using PretrainBaseModel.Text;

namespace PretrainBaseModel.Tests.Text;

public sealed class TextPretrainingTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void TheSeedDecidesEveryByte()
    {
        byte[] Trained(string name, int seed)
        {
            Run(name, seed);
            return File.ReadAllBytes(Path.Combine(folder[name], "model.safetensors"));
        }

        byte[] first = Trained("first", seed: 1);

        Trained("again", seed: 1).Should().Equal(first);
        Trained("other", seed: 2).Should().NotEqual(first);
    }

    [Fact]
    public void WritesABaseModel()
    {
        Run("model", seed: 1);

        Directory.GetFiles(folder["model"]).Select(Path.GetFileName).Should().BeEquivalentTo("config.json", "model.safetensors", "spiece.model", "tokenizer_config.json");
        var baseModel = TextBaseModel.Open(folder["model"]);
        using var model = baseModel.Load();
        (model.Config.VocabularySize, model.Config.HiddenSize).Should().Be((baseModel.Tokenizer.VocabularySize, 16));
    }

    [Fact]
    public void TheModelLearnsFromAFixedShareOfEachTaskInEveryDraw()
    {
        var questions = PretrainingQuestions.Create(new TextPretrainingSettings { Draws = 2, PerTask = 5, Seed = 3 }).Questions;

        questions.Select(q => q.Id.Split("-train-")[0]).Distinct().Should().Equal(
            "0/neighbour", "0/list-position", "0/counting", "0/list-recall", "1/neighbour", "1/list-position", "1/counting", "1/list-recall");
        questions.Should().HaveCount(40);
        questions.Select(q => q.Question).Distinct().Should().HaveCountGreaterThan(30);
    }

    void Run(string name, int seed)
    {
        var settings = new TextPretrainingSettings { Draws = 2, PerTask = 16, Seed = seed };
        TextPretraining.Run(settings with { Shape = settings.Shape with { HiddenSize = 16, EncoderLayerCount = 1, DecoderLayerCount = 1, HeadCount = 2, KeyValueSize = 8, IntermediateSize = 16 } }, folder[name], NullProgressReporter.Instance, CancellationToken.None);
    }
}
