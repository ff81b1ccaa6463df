using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Trainers;

public sealed class HiddenStatesTests : IDisposable
{
    static readonly PictureView mirrored = new(true, 0, 0);
    readonly TinyExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Logits_are_those_of_the_whole_model(int blocks)
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 0);
        using var states = new HiddenStates(3);
        int[] batch = [7, 2, 11, 2, 0];
        PictureView[] views = [default, mirrored, default, default, mirrored];

        using var first = states.Logits(model, blocks, task.Train, batch, views);
        using var again = states.Logits(model, blocks, task.Train, batch, views);

        using var pixels = PictureView.Apply(task.Train.Batch(batch, CPU), views);
        using var expected = model.call(pixels);
        first.allclose(expected, rtol: 0, atol: 1e-5).Should().BeTrue();
        first.requires_grad.Should().BeTrue("the rest of the model has its graph");
        Snapshot.Of(again).Should().Equal(Snapshot.Of(first));
    }

    [Fact]
    public void Each_view_of_a_picture_passes_once()
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 0);
        using var states = new HiddenStates(3);

        Logits(states, model, task, [5, 1, 5], default);
        states.Passed.Should().Be(3, "two pictures, filled up to a batch");
        Logits(states, model, task, [1, 5], default);
        states.Passed.Should().Be(3);
        Logits(states, model, task, [5, 1, 0], mirrored);
        states.Passed.Should().Be(6);
        Logits(states, model, task, [0, 2, 5, 3], default);
        states.Passed.Should().Be(9, "0, 2 and 3 were missing");
    }

    /// <summary>A training of many steps passes each view of its samples through the frozen part once, and so do trainings of other methods and the next seeds.</summary>
    [Fact]
    public void Trainings_share_them()
    {
        var task = tiny.Task("task", [0, 1]);
        using var trainer = new ImageTrainer(tiny.BaseModel, task.Train, tiny.Modules, featureBatchSize: 1);
        var samples = FewShotSamples.OfImages(task.Train.Dataset, shots: 2, validationPerClass: 1);
        var options = TinyExperiment.Options with { Augmentation = ImageAugmentation.Flip };

        trainer.Train(new LearnedComposition(), samples, options).Dispose();
        long passed = trainer.PassedFrozenBlocks;
        trainer.Train(new LoraFromScratch(), samples, options).Dispose();

        passed.Should().BePositive().And.BeLessThanOrEqualTo((2 * samples.Support.Indices.Count) + samples.Validation.Count, "6 steps of 4 and 3 checks saw them more often");
        trainer.PassedFrozenBlocks.Should().BeInRange(passed, (2 * samples.Support.Indices.Count) + samples.Validation.Count);
    }

    [Fact]
    public void Where_the_embeddings_train_nothing_is_kept()
    {
        var task = tiny.Task("task", [0, 1]);
        using var trainer = new ImageTrainer(tiny.BaseModel, task.Train, tiny.Modules, featureBatchSize: 1);

        trainer.Train(new FullFineTuning(), FewShotSamples.OfImages(task.Train.Dataset, shots: 2, validationPerClass: 1), TinyExperiment.Options).Dispose();

        trainer.PassedFrozenBlocks.Should().Be(0);
    }

    [Fact]
    public void Crops_are_passed_whole_and_held_out_pictures_are_kept()
    {
        var task = tiny.Task("task", [0, 1]);
        using var trainer = new ImageTrainer(tiny.BaseModel, task.Train, tiny.Modules, featureBatchSize: 1);
        var samples = FewShotSamples.OfImages(task.Train.Dataset, shots: 2, validationPerClass: 1);

        trainer.Train(new LearnedComposition(), samples, TinyExperiment.Options with { Augmentation = ImageAugmentation.FlipAndCrop }).Dispose();

        trainer.PassedFrozenBlocks.Should().Be(samples.Validation.Count);
    }

    [Theory]
    [InlineData(0, 12)]
    [InlineData(5 * 16 * 4 * 2, 9)]   // two pictures of 5 tokens
    public void What_does_not_fit_is_computed_each_time_and_is_the_same(long mostBytes, int passed)
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 0);
        using var bounded = new HiddenStates(3, mostBytes);
        using var states = new HiddenStates(3);
        int[][] batches = [[1, 2], [3, 4, 1], [2, 1], [4, 2, 4]];

        foreach (int[] batch in batches)
        {
            PictureView[] plain = new PictureView[batch.Length];
            using var expected = states.Logits(model, 1, task.Train, batch, plain);
            using var found = bounded.Logits(model, 1, task.Train, batch, plain);
            Snapshot.Of(found).Should().Equal(Snapshot.Of(expected));
        }

        bounded.Passed.Should().Be(passed, "batches are filled up to 3, and what is kept is not computed again");
        states.Passed.Should().Be(6);
    }

    [Fact]
    public void Room_is_made_only_where_there_is_none()
    {
        var task = tiny.Task("task", [0, 1]);
        using var model = tiny.BaseModel.Load(task.ClassNames, 0);
        using var states = new HiddenStates(1, 5 * 16 * 4 * 2);

        Logits(states, model, task, [1, 2], default);
        states.MakeRoom();
        Logits(states, model, task, [2, 1], default);
        states.Passed.Should().Be(2, "both were there");

        Logits(states, model, task, [3], default);
        states.MakeRoom();
        Logits(states, model, task, [3, 4], default);
        Logits(states, model, task, [4, 3], default);
        states.Passed.Should().Be(5, "3 was computed once without room, and once more with it");
    }

    static void Logits(HiddenStates states, VisionTransformer model, ImageTask task, int[] batch, PictureView view) =>
        states.Logits(model, 1, task.Train, batch, [.. batch.Select(_ => view)]).Dispose();
}
