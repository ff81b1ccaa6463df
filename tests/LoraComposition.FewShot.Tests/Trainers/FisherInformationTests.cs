using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Trainers;

/// <summary>Against the definition, sample by sample: gradients of the model's own loss in float64, squared and averaged.</summary>
public sealed class FisherInformationTests : IDisposable
{
    const long Seed = 7;
    readonly TinyTextExperiment texts = new();
    readonly TinyExperiment pictures = new();

    public void Dispose()
    {
        texts.Dispose();
        pictures.Dispose();
    }

    /// <summary>The likelihood of a choice is its loss alone times its tokens.</summary>
    [Fact]
    public void OfQuestionsIsTheMeanSquareOverDrawnChoices()
    {
        using var scope = NewDisposeScope();
        var questions = texts.Questions(QuestionPart.Train, 6);
        int[] indices = [4, 0, 5, 2];
        using var measured = texts.BaseModel.Load();
        measured.to(ScalarType.Float64);
        var diagonal = FisherInformation.OfQuestions(measured, texts.Modules[0], questions, indices, Seed);

        using var model = Merged(texts.BaseModel.Load(), texts.Modules[0]);
        Check(diagonal, model, texts.Modules[0], indices, 1e-10, index =>
        {
            using var input = questions.Inputs([index], CPU);
            var likelihoods = questions.Choices(index).Select(tokens =>
                model.Loss(input.Ids, input.Mask, tensor(tokens.Select(id => (long)id).ToArray(), [1, tokens.Count])).mul(-tokens.Count)).ToArray();
            return stack(likelihoods).log_softmax(0);
        });
    }

    [Fact]
    public void OfPicturesIsTheMeanSquareOverDrawnClasses()
    {
        using var scope = NewDisposeScope();
        using var images = new PreprocessedImages(new FractalDataset([0, 1, 2], 3, TinyModel.ImageSize), pictures.BaseModel.Preprocessing);
        int[] indices = [8, 1, 4, 2, 7, 3];
        VisionTransformer Load() => pictures.BaseModel.Load(["a", "b", "c"], headSeed: 3);
        using var measured = Load();
        var diagonal = FisherInformation.OfPreprocessed(measured, pictures.Modules[1], images, indices, Seed);

        using var model = Merged(Load(), pictures.Modules[1]);
        Check(diagonal, model, pictures.Modules[1], indices, 1e-5, index => model.call(images.Batch([index], CPU).to(ScalarType.Float64)).log_softmax(1).squeeze(0));
    }

    [Fact]
    public void TheDrawDependsOnTheSeedAndNoQuestionIsRefused()
    {
        using var scope = NewDisposeScope();
        var questions = texts.Questions(QuestionPart.Train, 6);
        IReadOnlyDictionary<string, Tensor> Of(long seed, params int[] indices)
        {
            using var model = texts.BaseModel.Load();
            return FisherInformation.OfQuestions(model, texts.Modules[0], questions, indices, seed);
        }

        var first = Of(0, 0, 1, 2, 3).First();
        Snapshot.Of(Of(0, 0, 1, 2, 3)[first.Key]).Should().Equal(Snapshot.Of(first.Value));
        Snapshot.Of(Of(1, 0, 1, 2, 3)[first.Key]).Should().NotEqual(Snapshot.Of(first.Value));
        FluentActions.Invoking(() => Of(0)).Should().Throw<ArgumentException>().WithMessage("*at least one question*");
        FluentActions.Invoking(() => Of(0, 6)).Should().Throw<ArgumentOutOfRangeException>();
    }

    static TModel Merged<TModel>(TModel model, LoraAdapter adapter) where TModel : nn.Module, IBaseModel
    {
        model.to(ScalarType.Float64);
        using var composition = Composition.AttachUniform(model, [adapter]);
        composition.MergeIntoBase();
        return model;
    }

    static void Check<TModel>(IReadOnlyDictionary<string, Tensor> measured, TModel model, LoraAdapter adapter, int[] indices, double tolerance, Func<int, Tensor> logProbabilities)
        where TModel : nn.Module, IBaseModel
    {
        measured.Keys.Should().BeEquivalentTo(adapter.Layers.Keys);
        using var generator = new Generator((ulong)Seed, CPU);
        var weights = model.Sites.Where(site => measured.ContainsKey(site.Path)).ToDictionary(site => site.Path, site => ((Linear)site.Layer).weight!);
        weights.Should().HaveCount(measured.Count);
        foreach (var weight in weights.Values) weight.requires_grad = true;
        var squares = weights.ToDictionary(pair => pair.Key, pair => zeros_like(pair.Value, ScalarType.Float64));
        var drawn = new List<long>();
        foreach (int index in indices)
        {
            var outcomes = logProbabilities(index);
            drawn.Add(multinomial(outcomes.detach().exp(), 1, generator: generator).item<long>());
            var gradients = autograd.grad([outcomes[drawn[^1]]], [.. weights.Values]);
            foreach (var (path, gradient) in weights.Keys.Zip(gradients)) squares[path] = squares[path] + gradient.square() / indices.Length;
        }

        drawn.Distinct().Should().HaveCountGreaterThan(1, "the same outcome each time would not show what is drawn");
        foreach (var (path, expected) in squares)
        {
            double largest = expected.max().item<double>();
            largest.Should().BeGreaterThan(0);
            ((measured[path] - expected).abs().max() / largest).item<double>().Should().BeLessThan(tolerance, path);
        }
    }
}
