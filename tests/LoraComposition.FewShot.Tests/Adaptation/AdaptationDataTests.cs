using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;

namespace LoraComposition.FewShot.Tests.Adaptation;

/// <summary>Data as people have them: damaged pictures, a validation part, a base that was given by a relative path, an adapter of a head.</summary>
public sealed class AdaptationDataTests : IDisposable
{
    static readonly ImageAdaptationOptions options = TinyAdaptation.Options with { Methods = [new ClassifierTuning()] };
    readonly TinyAdaptation tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void NamesEveryDamagedPictureThatIsUsed()
    {
        string[] broken = Break("train", 18);

        var refusal = FluentActions.Invoking(() => tiny.Run(options)).Should().Throw<DataException>().Which.Message;

        // Two to learn from and three to hold out of each class, and all of the test part.
        refusal.Should().Contain("15 of the pictures that are used cannot be read").And.Contain(" and 5 more").And.Contain("found a text");
        broken.Count(name => refusal.Contains(name, StringComparison.Ordinal)).Should().BeGreaterThan(0);
    }

    [Fact]
    public void CountsDamagedTestPicturesBeforeTraining()
    {
        Break("test", 2);

        FluentActions.Invoking(() => tiny.Run(options)).Should().Throw<DataException>().WithMessage("*2 of the pictures*test/*");
    }

    [Fact]
    public void SkipsDamagedPicturesAndTakesOthers()
    {
        using var first = tiny.Run(options);
        string[] drawn = [.. first.Report.TrainingFiles];
        File.WriteAllText(tiny.At("pictures", "train", drawn[0]), "no picture");
        Break("test", 1);

        using var result = tiny.Run(options with { SkipDamaged = true });

        result.Report.Skipped.Should().HaveCount(2);
        result.Report.Skipped[0].Should().BeEquivalentTo(new { Part = "train", Path = drawn[0] });
        result.Report.Skipped[1].Part.Should().Be("test");
        result.Report.TrainingFiles.Should().HaveCount(6).And.NotContain(drawn[0]).And.Contain(drawn[1..]);
        result.Report.Warnings.Should().Contain(warning => warning.Contains("2 of the pictures that are used cannot be read"));
        result.Report.Test!.Count.Should().Be(17);
    }

    [Fact]
    public void AClassWithoutOneWholePictureIsNamed()
    {
        foreach (string file in Directory.GetFiles(tiny.At("pictures", "train", "plum"))) File.WriteAllText(file, "no picture");

        FluentActions.Invoking(() => tiny.Run(options with { SkipDamaged = true })).Should().Throw<DataException>().WithMessage("*no picture of 'plum' can be read*");
    }

    [Fact]
    public void HoldsOutTheValidationPart()
    {
        TinyImageFolder.Write(tiny.At("pictures", "Valid"), TinyAdaptation.Classes, firstInstance: 12);

        using var result = tiny.Run(options with { Shots = 6 });

        result.Report.TrainingFiles.Should().HaveCount(18);
        result.Report.ValidationFiles.Should().HaveCount(9);
        string[] theirs = [.. ImageFolderSplits.Open(tiny.At("pictures")).Validation is { } part ? Enumerable.Range(0, part.Count).Select(part.RelativePath) : []];
        theirs.Should().Contain(result.Report.ValidationFiles);
        result.Report.Inputs.Should().ContainKey("validation");
        result.Report.CrossValidated.Should().BeFalse();
    }

    [Fact]
    public void ARelativeBaseIsFoundFromElsewhere()
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, tiny.BaseModel.Folder);
        var adaptation = new ImageAdaptation(ImageBaseModel.Open(relative), [], options);
        using (var result = adaptation.Run(ImageFolderSplits.Open(tiny.At("pictures")))) result.Save(tiny.At("out", "model"));

        File.ReadAllText(tiny.At("out", "model", "adapted.json")).Should().Contain("\"../../base\"");
        using (var read = AdaptedModel.Load(tiny.At("out", "model"))) Path.GetFullPath(read.Info.Base.Folder).Should().Be(Path.GetFullPath(tiny.BaseModel.Folder));
        // Both together elsewhere: the way from one to the other stays.
        Directory.Move(tiny.At("out"), tiny.At("away"));
        using (AdaptedModel.Load(tiny.At("away", "model")).Model) { }
    }

    [Fact]
    public void TheResultReadsPicturesAsItWasTrained()
    {
        var stored = tiny.BaseModel.With(tiny.BaseModel.Preprocessing with { Upright = false });
        using (var result = new ImageAdaptation(stored, [], options).Run(ImageFolderSplits.Open(tiny.At("pictures"))))
        {
            result.Report.Configuration.Preprocessing!.Upright.Should().BeFalse();
            result.Save(tiny.At("model"));
        }

        using var read = AdaptedModel.Load(tiny.At("model"));
        read.Preprocessing.Should().Be(stored.Preprocessing);
        File.ReadAllText(tiny.At("model", "report.json")).Should().Contain("\"upright\": false");
    }

    [Fact]
    public void SetsAnUpdateOfTheHeadAside()
    {
        using var model = TinyModel.Create(1, "one", "two", "three", "four", "five");
        using var plain = TinyAdapters.Create(model, "plain", 7);
        using var withHead = new LoraAdapter("with head", plain.Layers.Select(layer => KeyValuePair.Create(layer.Key, layer.Value.Clone()))
            .Append(KeyValuePair.Create("classifier", new LoraDelta(torch.randn(2, TinyModel.Width), torch.randn(5, 2), 1))));
        using var headAlone = new LoraAdapter("head alone", [KeyValuePair.Create("classifier", new LoraDelta(torch.randn(2, TinyModel.Width), torch.randn(5, 2), 1))]);
        var data = ImageFolderSplits.Open(tiny.At("pictures"));
        var uniform = options with { Methods = [new UniformComposition()] };

        using var expected = new ImageAdaptation(tiny.BaseModel, [plain], uniform).Run(data);
        using var result = new ImageAdaptation(tiny.BaseModel, [withHead], uniform).Run(data);

        result.Report.Warnings.Should().Contain(warning => warning.Contains("'with head'") && warning.Contains("set aside"));
        result.Report.Methods[0].ValidationLoss.Should().Be(expected.Report.Methods[0].ValidationLoss);
        FluentActions.Invoking(() => new ImageAdaptation(tiny.BaseModel, [headAlone], uniform).Run(data)).Should().Throw<AdapterMismatchException>()
            .WithMessage("*'head alone'*nothing but the head*");
    }

    [Fact]
    public void SaysWhatWasGuessedAndPassedOver()
    {
        File.Delete(Path.Combine(tiny.BaseModel.Folder, "preprocessor_config.json"));
        File.WriteAllText(tiny.At("pictures", "train", "plum", "notes.txt"), "text");

        using var result = new ImageAdaptation(ImageBaseModel.Open(tiny.BaseModel.Folder), [], options).Run(ImageFolderSplits.Open(tiny.At("pictures")));

        result.Report.Warnings.Should().ContainSingle(warning => warning.Contains("it is guessed")).And.ContainSingle(warning => warning.Contains("1 files that are no pictures (plum/notes.txt)"));
    }

    string[] Break(string part, int count)
    {
        string[] files = [.. ImageFileList.Of(tiny.At("pictures", part)).Take(count)];
        foreach (string file in files) File.WriteAllText(file, "no picture");
        return [.. files.Select(Path.GetFileName).Cast<string>()];
    }
}
