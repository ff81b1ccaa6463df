using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.FewShot.Tests.Evaluation;

public sealed class ImageEvaluatorTests : IDisposable
{
    // Not in the order of the folders, and one that has none.
    readonly VisionTransformer model = TinyModel.Create(3, "pear", "kiwi", "apple");
    readonly ImagePreprocessing preprocessing = ImagePreprocessing.Default with { Size = TinyModel.ImageSize };
    readonly TemporaryFolder folder = new();

    public ImageEvaluatorTests() => TinyImageFolder.Write(folder["pictures"], [("apple", 5), ("pear", 4)]);

    public void Dispose()
    {
        model.Dispose();
        folder.Dispose();
    }

    ImageFolderDataset Pictures => ImageFolderDataset.Open(folder["pictures"]);

    ImageEvaluation Run(ImageEvaluationOptions? options = null) => ImageEvaluator.Run(model, preprocessing, Pictures, options);

    [Fact]
    public void ClassesAreMatchedByTheirNames()
    {
        var found = Run(new ImageEvaluationOptions { BatchSize = 2 });

        var predictor = new ImagePredictor(model, preprocessing);
        var data = Pictures;
        int[][] expected = [new int[3], new int[3], new int[3]];
        double loss = 0;
        for (int i = 0; i < data.Count; i++)
        {
            string own = data.ClassNames[data.Label(i)];
            var classes = predictor.Predict(data.Decode(i));
            expected[Position(own)][Position(classes[0].ClassName)]++;
            loss -= Math.Log(classes.Single(c => c.ClassName == own).Probability);
        }
        found.Scores.Confusion.Should().BeEquivalentTo(expected, o => o.WithStrictOrdering());
        found.Scores.Loss.Should().BeApproximately(loss / data.Count, 1e-5);
        found.Scores.Classes.Select(score => (score.Name, score.Support)).Should().Equal(("pear", 4), ("kiwi", 0), ("apple", 5));
        found.ClassesWithoutPictures.Should().Equal("kiwi");
        (found.IgnoredClasses.Count, found.Skipped.Count).Should().Be((0, 0));
        foreach (var mistake in found.Scores.WorstMistakes) data.RelativePath(mistake.Sample).Should().Be(mistake.Name);

        int Position(string name) => model.Config.ClassNames.ToList().IndexOf(name);
    }

    [Fact]
    public void UnknownClassesAreRefusedByNameOrLeftOut()
    {
        TinyImageFolder.Write(folder["pictures"], [("fig", 2)]);

        FluentActions.Invoking(() => Run()).Should().Throw<DataException>().WithMessage("pictures: the model knows no class 'fig'; it knows 'pear', 'kiwi', 'apple'.*");
        var found = Run(new ImageEvaluationOptions { IgnoreUnknownClasses = true });
        found.IgnoredClasses.Should().Equal("fig");
        found.Scores.Count.Should().Be(9);
    }

    [Fact]
    public void DamagedPicturesAreAllNamedOrLeftOut()
    {
        string[] broken = [folder.Write("none", "pictures", "apple", "01.png"), folder.Write("none", "pictures", "pear", "03.png")];

        FluentActions.Invoking(() => Run(new ImageEvaluationOptions { BatchSize = 2 })).Should().Throw<DamagedPicturesException>()
            .Which.Pictures.Select(picture => picture.Path).Should().Equal(broken);
        var found = Run(new ImageEvaluationOptions { SkipDamaged = true });
        found.Skipped.Select(picture => picture.Path).Should().Equal("apple/01.png", "pear/03.png");
        found.Skipped.Should().OnlyContain(picture => picture.Part == "pictures" && picture.Reason.Length > 0);
        found.Scores.Count.Should().Be(7);
    }

    [Fact]
    public void NothingThatIsLeftIsRefused()
    {
        foreach (string file in Directory.GetFiles(folder["pictures"], "*.png", SearchOption.AllDirectories)) File.WriteAllText(file, "none");

        FluentActions.Invoking(() => Run(new ImageEvaluationOptions { SkipDamaged = true })).Should().Throw<DataException>().WithMessage("pictures: none of its pictures can be read.*");
    }

    [Fact]
    public void AModelThatGivesNoNumbersIsRefused()
    {
        using (TorchSharp.torch.no_grad()) model.Classifier!.weight!.fill_(double.NaN);

        FluentActions.Invoking(() => Run()).Should().Throw<NonFiniteException>().WithMessage("apple/00.png: the model's outputs are NaN or infinite*");
    }

    [Fact]
    public void IsCancelledBetweenBatches() =>
        FluentActions.Invoking(() => ImageEvaluator.Run(model, preprocessing, Pictures, cancellation: new CancellationToken(true))).Should().Throw<OperationCanceledException>();
}
