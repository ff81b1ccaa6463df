using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Progress;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class TextAdaptationTests : IDisposable
{
    static readonly TextAdaptationOptions options = new()
    {
        Shots = 4,
        ValidationPerLabel = 5,
        Methods = [new UniformComposition(), new ZeroShot(), new LearnedComposition(), new LoraFromScratch()],
        Tuning = new TuningOptions
        {
            Training = new TrainingOptions { Steps = 6, BatchSize = 4, Checks = 3, Patience = 3 },
            ComposerLearningRate = 0.5,
            LoraLearningRate = 0.05,
            Lora = new LoraOptions { Rank = 2 },
            EvaluationBatchSize = 5,
        },
    };

    readonly TinyTextExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    TextAdaptationResult Run(QuestionSplits data, TextAdaptationOptions? settings = null, IPromptTemplate? template = null) =>
        new TextAdaptation(tiny.BaseModel, tiny.Modules, settings ?? options).Run(data, template ?? OwnTextTemplates.Classification);

    static QuestionSplits Labelled(int train = 24, QuestionDataset? validation = null, QuestionDataset? test = null) => new(TinyTexts.Labelled(train), validation, test);

    [Fact]
    public void ThePhasesAreTheWholeTime()
    {
        var times = new PhaseTimes(new TickingTime());

        using var result = new TextAdaptation(tiny.BaseModel, tiny.Modules, options, times).Run(Labelled(test: TinyTexts.Labelled(9, 100)), OwnTextTemplates.Classification);

        result.Report.Timings.Keys.Should().Equal("load", "warm-up", "training", "validation", "test", "other");
        ((decimal)result.Report.Seconds).Should().Be(result.Report.Timings.Values.Sum(seconds => (decimal)seconds)).And.BePositive();
    }

    [Fact]
    public void ABaseIn16BitsGivesAModelInFloat32()
    {
        var half = TextBaseModel.Open(tiny.BaseModel.Folder, TorchSharp.torch.ScalarType.BFloat16);

        using var result = new TextAdaptation(half, tiny.Modules, options with { Methods = [new LoraFromScratch()] }).Run(Labelled(test: TinyTexts.Labelled(9, 100)), OwnTextTemplates.Classification);

        result.Report.Configuration.Dtype.Should().Be("BFloat16");
        result.Model.Model.parameters().Should().OnlyContain(parameter => parameter.dtype == TorchSharp.torch.ScalarType.Float32);
        result.Model.Adapter.Should().NotBeNull();
        string folder = tiny.Folder["out"];
        result.Save(folder);
        using var loaded = TextClassifier.Open(folder);
        var texts = TinyTexts.Labelled(9, 100).Questions;
        new TextPredictor(result.Model.Model, result.Model.Tokenizer, result.Model.Reading, result.Model.Info.ClassNames).Predict(texts, 2).Select(found => found[0].ClassName)
            .Should().Equal(new TextPredictor(loaded).Predict(texts, 2).Select(found => found[0].ClassName));
    }

    [Fact]
    public void LabelsAreLearnedFromKOfEachAndThePredictionsSurviveTheFolder()
    {
        using var result = Run(Labelled(test: TinyTexts.Labelled(9, 100)));
        var report = result.Report;

        report.Kind.Should().Be(SampleKind.Texts);
        report.Classes.Should().Equal(new ClassSamples("first", 4, 5), new ClassSamples("second", 4, 5));
        report.TrainingFiles.Should().HaveCount(8).And.NotIntersectWith(report.ValidationFiles);
        report.ValidationCount.Should().Be(10);
        report.Methods.Select(method => method.Method).Should().Equal("uniform", "zero-shot", "learned", "lora");
        report.Methods.Should().OnlyContain(method => method.ValidationLoss > 0 && method.HeadParameters == 0);
        report.Methods.Select(method => method.ValidationLoss).Distinct().Should().HaveCountGreaterThan(2, "the methods are different models");
        report.Chosen.Should().Be(report.Methods.MinBy(method => method.ValidationLoss)!.Method);
        report.Test!.Count.Should().Be(9);
        report.Verdict.Should().Contain("validation texts").And.Contain("On 9 test texts").And.NotContain("image");
        report.Configuration.Text!.Template.Should().Be("text-classification");

        string folder = tiny.Folder["out"];
        result.Save(folder);
        File.ReadAllText(Path.Combine(folder, "report.md")).Should().Contain("texts").And.NotContain("image");
        AdaptedTextModel.IsIn(folder).Should().BeTrue();
        using var loaded = TextClassifier.Open(folder);
        loaded.Labels.Should().Equal("first", "second");
        var texts = TinyTexts.Labelled(9, 100).Questions;
        var before = new TextPredictor(result.Model.Model, result.Model.Tokenizer, result.Model.Reading, result.Model.Info.ClassNames).Predict(texts, 2).ToArray();
        var after = new TextPredictor(loaded, batchSize: 2).Predict(texts, 2).ToArray();
        foreach (var (one, other) in before.Zip(after))
        {
            one.Select(c => c.ClassName).Should().Equal(other.Select(c => c.ClassName));
            one[0].Probability.Should().BeApproximately(other[0].Probability, 1e-5);
        }
        before.Zip(texts).Average(pair => pair.First[0].ClassName == pair.Second.Answer.Text ? 1.0 : 0).Should().Be(report.Test.Accuracy);
    }

    [Fact]
    public void TheSameSeedGivesTheSameModel()
    {
        using var one = Run(Labelled());
        using var other = Run(Labelled());
        using var another = Run(Labelled(), options with { Seed = 1 });

        one.Report.Methods.Select(m => m.ValidationLoss).Should().Equal(other.Report.Methods.Select(m => m.ValidationLoss));
        another.Report.TrainingFiles.Should().NotEqual(one.Report.TrainingFiles);
    }

    [Fact]
    public void QuestionsWithChoicesOfTheirOwnCountInAll()
    {
        using var result = Run(new QuestionSplits(TinyTexts.Questions(20), null, null), options with { ValidationPerLabel = 2 }, OwnTextTemplates.MultipleChoice);

        result.Report.Kind.Should().Be(SampleKind.Questions);
        result.Report.Classes.Should().Equal(new ClassSamples("questions", 4, 10));
        result.Model.Info.ClassNames.Should().BeEmpty();
        result.Save(tiny.Folder["out"]);
        using var loaded = TextClassifier.Open(tiny.Folder["out"]);
        var predictor = new TextPredictor(loaded);
        predictor.Predict(TinyTexts.Questions(3).Questions[1], top: 5).Select(c => c.Rank).Should().Equal(1, 2, 3);
        FluentActions.Invoking(() => predictor.Predict("a text")).Should().Throw<ArgumentException>().WithMessage("*no labels of its own*");
    }

    [Fact]
    public void WithoutAValidationPartTheTextsLearnedFromTakeTurns()
    {
        using var result = Run(Labelled(), options with { ValidationPerLabel = 0, Methods = [new UniformComposition(), new ZeroShot()] });

        result.Report.CrossValidated.Should().BeTrue();
        result.Report.ValidationCount.Should().Be(8);
        result.Report.Verdict.Should().Contain("8 texts learned from, held out in turns");
        result.Report.Methods.Should().OnlyContain(method => method.ValidationAccuracy >= 0);
    }

    [Fact]
    public void AValidationPartOfItsOwnIsHeldOut()
    {
        using var result = Run(Labelled(8, validation: TinyTexts.Labelled(6, 50)), options with { Methods = [new ZeroShot(), new UniformComposition()] });

        result.Report.ValidationFiles.Should().Equal("validation 50", "validation 51", "validation 52", "validation 53", "validation 54", "validation 55");
        result.Report.Inputs.Should().ContainKey("validation");
    }

    [Fact]
    public void WhereTheBaseItselfIsBestNoAdapterIsWritten()
    {
        using (var result = Run(Labelled(), options with { Methods = [new ZeroShot()] })) result.Save(tiny.Folder["out"]);

        Directory.Exists(Path.Combine(tiny.Folder["out"], "adapter")).Should().BeFalse();
        using var loaded = AdaptedTextModel.Load(tiny.Folder["out"]);
        loaded.Adapter.Should().BeNull();
    }

    [Fact]
    public void PartsOfOtherLabelsAndHiddenAnswersAreRefused()
    {
        FluentActions.Invoking(() => Run(Labelled(test: TinyTexts.Labelled(6, 0, "first", "last")))).Should().Throw<DataException>().WithMessage("*expected the labels of the training part ('first', 'second')*");
        var hidden = new QuestionDataset("hidden", [new MultipleChoiceQuestion("1", "which day", [new("A", "first"), new("B", "second")], null)]);
        FluentActions.Invoking(() => Run(Labelled(test: hidden))).Should().Throw<DataException>().WithMessage("*hidden*leave that part out*");
        FluentActions.Invoking(() => Run(new QuestionSplits(null, null, null))).Should().Throw<ArgumentException>().WithMessage("*no training part*");
    }

    [Fact]
    public void AModelOfTextsIsNotTakenForOneOfPictures()
    {
        using (var result = Run(Labelled(), options with { Methods = [new ZeroShot()] })) result.Save(tiny.Folder["out"]);

        FluentActions.Invoking(() => ImageClassifier.Open(tiny.Folder["out"])).Should().Throw<ModelFileException>().WithMessage("*found one of texts*");
        string info = Path.Combine(tiny.Folder["out"], "adapted.json");
        File.WriteAllText(info, File.ReadAllText(info).Replace("text-classification", "my-own", StringComparison.Ordinal));
        FluentActions.Invoking(() => TextClassifier.Open(tiny.Folder["out"])).Should().Throw<ModelFileException>().WithMessage("*expected a template of*found 'my-own'*");
    }

    [Fact]
    public void TooFewTextsAreSaid()
    {
        using var result = Run(Labelled(6), options with { Methods = [new ZeroShot(), new UniformComposition()] });

        result.Report.Warnings.Should().Contain(warning => warning.StartsWith("2 of 2 classes have fewer than 4 texts", StringComparison.Ordinal));
    }
}
