using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Trainers;

/// <summary>Whatever decides a feature is in its key, and nothing else.</summary>
public sealed class FeatureKeyTests : IDisposable
{
    readonly TinyExperiment tiny = new();

    public void Dispose() => tiny.Dispose();

    string? Key(ImageBaseModel? baseModel = null, StartingPoint? start = null, IReadOnlyList<LoraAdapter>? modules = null, int batchSize = 32, PictureView view = default) =>
        FeatureKey.Of(baseModel ?? tiny.BaseModel, start ?? StartingPoint.UniformComposition, new ModuleContents(modules ?? tiny.Modules), batchSize, view);

    [Fact]
    public void WhateverDecidesTheFeaturesMakesAnotherKey()
    {
        using var model = TinyModel.Create(1);
        using var scaled = TinyAdapters.Create(model, "third", 3, scaling: 2);
        using var others = TinyAdapters.Create(model, "third", 4);
        var sharper = tiny.BaseModel.With(tiny.BaseModel.Preprocessing with { Std = new(0.25f) });
        var sixteen = ImageBaseModel.Open(tiny.BaseModel.Folder, TorchSharp.torch.ScalarType.BFloat16);
        var second = ImageBaseModel.Open(TinyModel.Save(tiny.Folder["second"], seed: 2));
        string config = Path.Combine(tiny.BaseModel.Folder, "config.json");
        string before = Key()!;
        File.WriteAllText(config, File.ReadAllText(config) + " ");
        string? configured = Key();

        string?[] keys =
        [
            before, configured, Key(sharper), Key(sixteen), Key(second), Key(batchSize: 16), Key(view: new PictureView(true, 0, 0)), Key(view: new PictureView(false, 1, 0)), Key(view: new PictureView(false, 0, 1)),
            Key(start: StartingPoint.BaseModel), Key(start: StartingPoint.SingleModule(0)), Key(start: StartingPoint.SingleModule(1)), Key(start: StartingPoint.MeanOf([0, 1])), Key(start: StartingPoint.MeanOf([0, 2])),
            Key(start: StartingPoint.LeaningComposition(0, 0.5)), Key(start: StartingPoint.LeaningComposition(1, 0.5)), Key(start: StartingPoint.LeaningComposition(0, 0.75)),
            Key(modules: [.. tiny.Modules.Take(2), scaled]), Key(modules: [.. tiny.Modules.Take(2), others]), Key(modules: [.. tiny.Modules.Reverse()]),
        ];

        keys.Should().OnlyHaveUniqueItems().And.NotContainNulls();
    }

    [Fact]
    public void WhatDecidesNothingDoesNot()
    {
        using var model = TinyModel.Create(1);
        using var renamed = TinyAdapters.Create(model, "another name", 3);
        string copy = tiny.Folder["copy"];
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(tiny.BaseModel.Folder)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));

        Key(modules: [.. tiny.Modules.Take(2), renamed]).Should().Be(Key());
        Key(ImageBaseModel.Open(copy)).Should().Be(Key());
        Key(start: StartingPoint.MeanOf([1])).Should().Be(Key(start: StartingPoint.SingleModule(1)));
        // A module that is not asked for is not looked at.
        Key(start: StartingPoint.SingleModule(0), modules: [.. tiny.Modules.Take(2), renamed]).Should().Be(Key(start: StartingPoint.SingleModule(0)));
        Key(start: StartingPoint.BaseModel, modules: []).Should().Be(Key(start: StartingPoint.BaseModel));
    }

    [Fact]
    public void MergesAreToldApartByTheirSettings()
    {
        var options = new TuningOptions { MergeLambdas = [0.5, 1] };
        var candidates = new MergedComposition("ties").Candidates(3, options);

        candidates.Select(candidate => Key(start: candidate.Start)).Should().HaveCountGreaterThan(1).And.OnlyHaveUniqueItems().And.NotContainNulls();
    }

    [Fact]
    public void AStartThatDoesNotSayWhatItHoldsIsNotKept() => Key(start: new Own()).Should().BeNull();

    sealed record Own : StartingPoint
    {
        public override IDisposable? Attach(Models.IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => null;
    }
}
