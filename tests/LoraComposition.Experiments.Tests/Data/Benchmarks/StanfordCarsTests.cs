using LoraComposition.Experiments.Tests.Data.Formats;
using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public sealed class StanfordCarsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public StanfordCarsTests()
    {
        foreach (string name in new[] { "00001.jpg", "00002.jpg" }) folder.AddJpeg("cars_train", name);
        folder.AddJpeg("cars_test", "00001.jpg");
        folder.WriteBytes(TinyMat.File(("class_names", new object[] { "AM General", "Acura" })), "devkit", "cars_meta.mat");
        Annotate("devkit/cars_train_annos.mat", ("00002.jpg", 2), ("00001.jpg", 1));
        Annotate("cars_test_annos_withlabels.mat", ("00001.jpg", 2));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsTheAnnotations()
    {
        var (train, test) = new StanfordCars().Open(folder.Path);

        train.ClassNames.Should().Equal("AM General", "Acura");
        train.Labels().Should().Equal(1, 0);
        test.Labels().Should().Equal(1);
        train.Decode(1).Width.Should().Be(3);
    }

    [Fact]
    public void RefusesALabelWithoutAClass()
    {
        Annotate("devkit/cars_train_annos.mat", ("00001.jpg", 1), ("00002.jpg", 3));

        new StanfordCars().Refusal(folder).Should().Contain("cars_train_annos.mat: 'annotations', entry 2: expected the number of one of 2 classes, found 3");
    }

    [Fact]
    public void RefusesAPathThatLeavesTheFolder()
    {
        Annotate("devkit/cars_train_annos.mat", ("../cars_test/00001.jpg", 1));

        new StanfordCars().Refusal(folder).Should().Contain("'annotations', entry 1: expected the path of a picture");
    }

    [Fact]
    public void AsksForTheTestLabels()
    {
        File.Delete(folder.At("cars_test_annos_withlabels.mat"));

        new StanfordCars().Refusal(folder).Should().Contain("cars_test_annos_withlabels.mat: the file is missing");
    }

    void Annotate(string file, params (string File, double Class)[] cars) => folder.WriteBytes(TinyMat.File(("annotations", TinyMat.Cars(cars))), file.Split('/'));
}
