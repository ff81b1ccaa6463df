using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Training;

/// <summary>No step reads a number back, so that on a GPU the host never waits for the device.</summary>
[Collection(nameof(TrainingStepTests))]
[CollectionDefinition(nameof(TrainingStepTests), DisableParallelization = true)]
public sealed class TrainingStepTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();
    readonly TinyExperiment tiny = new();

    public void Dispose()
    {
        tiny.Dispose();
        scope.Dispose();
    }

    public static TheoryData<EvaluationOrder?> Orders
    {
        get
        {
            var orders = new TheoryData<EvaluationOrder?> { (EvaluationOrder?)null };
            foreach (var order in Enum.GetValues<EvaluationOrder>()) orders.Add(order);
            return orders;
        }
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void AStepOfALearnedVit(EvaluationOrder? order)
    {
        using var model = TinyModel.Create(0, "a", "b");
        using var composition = Learned(model, order);
        foreach (var parameter in model.Classifier!.parameters()) parameter.requires_grad = true;
        using var batches = Batches(preloaded: true);
        using var step = new TrainingStep([new TrainableGroup(composition.TrainableParameters(), 0.1), new TrainableGroup([.. model.Classifier.parameters()], 0.01)], clipNorm: 1);

        using (new ReadBackTripwire()) Twice(step, () => Loss(model, batches));

        composition.Layers.Should().OnlyContain(pair => ((LearnedComposer)pair.Layer).Logits.abs().max().item<float>() > 0, "the steps reached every layer");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AStepOfAWholeModelAndOfLora(bool preloaded)
    {
        using var batches = Batches(preloaded);
        using var model = TinyModel.Create(0, "a", "b");
        using (var step = new TrainingStep([new TrainableGroup([.. model.parameters()], 0.1)], clipNorm: 1))
        using (new ReadBackTripwire()) Twice(step, () => Loss(model, batches));
        using (var tuning = LoraTuning.Attach(model, new LoraOptions { Rank = 2 }, 0))
        using (var step = new TrainingStep([new TrainableGroup(tuning.TrainableParameters(), 0.1)], clipNorm: 1))
        using (new ReadBackTripwire()) Twice(step, () => Loss(model, batches));
    }

    [Fact]
    public void AStepOfAHeadOnFeatures()
    {
        using var model = TinyModel.Create(0, "a", "b");
        var (features, labels) = (ones(6, TinyModel.Width), zeros(6, dtype: ScalarType.Int64));
        using var step = new TrainingStep([new TrainableGroup([.. model.Classifier!.parameters()], 0.1)], clipNorm: 1);

        using (new ReadBackTripwire()) Twice(step, () => HeadTraining.Loss(model, features, labels, [4, 0, 4]));
    }

    [Fact]
    public void AStepOfSixteenBits()
    {
        using var weight = new Parameter(ones(4, 2, dtype: ScalarType.BFloat16));
        using var step = new TrainingStep([new TrainableGroup([weight], 0.1)], clipNorm: 1);

        using (new ReadBackTripwire()) Twice(step, () => weight.square().sum());

        step.Parameters.Single().dtype.Should().Be(ScalarType.Float32);
    }

    // On the CPU a T5 does look at its indices, so the wire is stretched behind the forward pass; the next test is about the indices.
    [Theory]
    [MemberData(nameof(Orders))]
    public void AStepOfALearnedT5BehindItsForwardPass(EvaluationOrder? order)
    {
        using var text = new TinyTextExperiment();
        using var model = text.BaseModel.Load();
        using var composition = Learned(model, order);
        var questions = text.Questions(QuestionPart.Train, 4);
        using var step = new TrainingStep([new TrainableGroup(composition.TrainableParameters(), 0.1)], clipNorm: 1);

        ReadBackTripwire? wire = null;
        step.Run(1, () =>
        {
            var loss = TextEvaluator.Loss(model, questions, [0, 1, 2, 3]);
            wire = new ReadBackTripwire();
            return loss;
        });
        wire!.Dispose();
    }

    // On the meta device there are no numbers to read.
    [Fact]
    public void AT5DoesNotLookAtIndicesOnAnotherDevice()
    {
        using var text = new TinyTextExperiment();
        using var loaded = text.BaseModel.Load();
        using var model = new T5Model(loaded.Config, META);
        var questions = text.Questions(QuestionPart.Train, 4);

        model.ShiftRight(questions.Labels([0, 1], META)).device_type.Should().Be(DeviceType.META);
        new Action(() => TextEvaluator.Loss(model, questions, [0, 1])).Should().Throw<Exception>().WithMessage("*index_select*", "the first thing it meets is the embedding, which has no meta kernel");
    }

    [Fact]
    public void TheWireIsTrippedByWhatReadsBackAndByNothingElse()
    {
        using var model = TinyModel.Create(0, "a", "b");
        using var batches = Batches(preloaded: true);
        using var step = new TrainingStep([new TrainableGroup([.. model.parameters()], 0.1)], clipNorm: null);
        model.Classifier!.weight!.grad = ones_like(model.Classifier.weight);
        Tensor Reading()
        {
            var loss = Loss(model, batches);
            loss.ToScalar();
            return loss;
        }

        using (new ReadBackTripwire())
        {
            step.Invoking(s => s.Run(1, Reading)).Should().Throw<Exception>("reading the loss is reading back");
            model.Invoking(m => nn.utils.clip_grad_norm_(m.parameters(), 1)).Should().Throw<Exception>("torch's own clipping returns the norm");
            model.Invoking(m => TokensOf(m).lt(0).any().ToScalar()).Should().Throw<Exception>("so does a check of indices");
        }

        Reading().item<float>().Should().BePositive("the wire is taken away");
    }

    static Tensor TokensOf(VisionTransformer model) => full(3, model.Config.TokenCount, dtype: ScalarType.Int64);

    static void Twice(TrainingStep step, Func<Tensor> loss)
    {
        step.Run(0.5, loss);
        step.Run(1, loss);
    }

    ImageBatches Batches(bool preloaded) => new(tiny.Task("task", [0, 1]).Train, [0, 1, 2, 3], CPU, ScalarType.Float32, preloaded ? long.MaxValue : 0);

    static Tensor Loss(VisionTransformer model, ImageBatches batches)
    {
        var (pixels, labels) = batches.Take([3, 1, 0]);
        return nn.functional.cross_entropy(model.call(pixels), labels);
    }

    static Composition Learned(IBaseModel model, EvaluationOrder? order)
    {
        LoraAdapter[] adapters = [.. Enumerable.Range(0, 3).Select(n => TinyAdapters.Create(model, $"{n}", n))];
        var composition = Composition.AttachLearned(model, adapters);
        foreach (var (_, layer) in composition.Layers) layer.Order = order;
        return composition;
    }
}
