using System.Globalization;
using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Methods;

public sealed class LoraHubTests : IDisposable
{
    readonly TinyTextExperiment tiny = new();
    readonly TuningOptions options = TinyTextExperiment.Options with { LoraHubEvaluations = 60 };

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void LowersThePenalisedLossOnTheSamples()
    {
        var questions = tiny.Questions(QuestionPart.Train, 12);
        var samples = FewShotSamples.OfQuestions(questions.Dataset, shots: 5, validation: 4);
        using var trainer = new TextTrainer(tiny.BaseModel, questions, tiny.Modules);
        double Objective(double[] w)
        {
            using var model = tiny.BaseModel.Load();
            using var attached = Composition.AttachMerged(model, tiny.Modules, new LoraHubMerge(w));
            return TextEvaluator.Validate(model, questions, samples.Support.Indices, 5, default).Score.Loss + 0.05 * w.Average(Math.Abs);
        }

        using var trained = trainer.Train(new LoraHub(), samples, options);

        double[] found = Coefficients(trained);
        double objective = double.Parse(trained.Findings!.Notes["objective"], CultureInfo.InvariantCulture);
        found.Should().HaveCount(3).And.OnlyContain(w => Math.Abs(w) <= 1.5);
        objective.Should().BeApproximately(Objective(found), 1e-5).And.BeLessThan(Objective([0, 0, 0]) - 0.01);
        trained.Findings.Notes["evaluations"].Should().Be("60");
        trained.Remarks.Should().BeEmpty();

        using var other = trainer.Train(new LoraHub(), samples with { Support = new FewShotSplit(5, 1, [.. samples.Support.Indices], [.. samples.Support.EffectiveShots]) }, options);
        Coefficients(other).Should().NotEqual(found, "the seed of the training is that of the search");
    }

    [Fact]
    public void OneEvaluationIsTheBaseModel()
    {
        var questions = tiny.Questions(QuestionPart.Train, 12);
        using var trainer = new TextTrainer(tiny.BaseModel, questions, tiny.Modules);
        using var trained = trainer.Train(new LoraHub(), FewShotSamples.OfQuestions(questions.Dataset, 5, 4), options with { LoraHubEvaluations = 1 });

        Coefficients(trained).Should().Equal(0, 0, 0);
        trained.Remarks.Should().Contain(remark => remark.Contains("'lorahub' kept its start"));
    }

    [Fact]
    public void ABudgetEndsTheSearchAndSaysSo()
    {
        var questions = tiny.Questions(QuestionPart.Train, 12);
        using var trainer = new TextTrainer(tiny.BaseModel, questions, tiny.Modules);
        using var trained = trainer.Train(new LoraHub(), FewShotSamples.OfQuestions(questions.Dataset, 5, 4), options with { Budget = TimeSpan.FromTicks(1) });

        trained.Remarks.Should().ContainSingle().Which.Should().Be("The budget ended the search of 'lorahub' after 1 of 60 trials.");
    }

    [Fact]
    public void RefusesUnequalRanks()
    {
        using var model = tiny.BaseModel.Load();
        using var larger = TinyAdapters.Create(model, "larger", 4, rank: 3);
        var questions = tiny.Questions(QuestionPart.Train, 12);
        using var trainer = new TextTrainer(tiny.BaseModel, questions, [tiny.Modules[0], larger]);

        trainer.Invoking(t => t.Train(new LoraHub(), FewShotSamples.OfQuestions(questions.Dataset, 5, 4), options)).Should().Throw<ArgumentException>()
            .WithMessage("Layer '*': 'lorahub' averages the factors A and B, which must have one rank; adapter '*' has rank 2, adapter '*' has 3*");
    }

    /// <summary>Of images the loss is that of a head fitted over each composition.</summary>
    [Fact]
    public void OfImagesItFitsAHeadOverEachComposition()
    {
        using var images = new TinyExperiment();
        var pictures = new FractalDataset([0, 1, 2], 9, TinyModel.ImageSize);
        var samples = FewShotSamples.OfImages(pictures, 3, 3);
        var fixedPenalty = new TuningOptions { LoraHubEvaluations = 15, Head = new HeadOptions { FixedPenalty = 3 } };
        using var trainer = new ImageTrainer(images.BaseModel, pictures, images.Modules);
        using var trained = trainer.Train(new LoraHub(), samples, fixedPenalty);

        double[] w = Coefficients(trained);
        // The same penalty alone gives the same head, whose loss on the samples it was fitted on is asked for.
        using var alone = trainer.Train(new MergedComposition(new LoraHubMerge(w)), samples, fixedPenalty with { Head = new HeadOptions { Penalties = [3] }, Augmentation = ImageAugmentation.None });
        using var prepared = images.Images(pictures);
        double loss = trainer.Score(alone, prepared, samples.Support.Indices).Loss;
        double.Parse(trained.Findings!.Notes["objective"], CultureInfo.InvariantCulture).Should().BeApproximately(loss + 0.05 * w.Average(Math.Abs), 1e-5);
        w.Should().Contain(v => v != 0);
    }

    static double[] Coefficients<TModel>(TrainedModel<TModel> trained) where TModel : class, LoraComposition.Models.IBaseModel =>
        [.. trained.Findings!.Notes.Where(note => note.Key[0] == 'w').OrderBy(note => note.Key).Select(note => double.Parse(note.Value, CultureInfo.InvariantCulture))];
}
