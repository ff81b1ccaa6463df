using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class ImageClassifierTests : IDisposable
{
    readonly TinyAdaptation tiny = new();
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        tiny.Dispose();
    }

    static Tensor Pixels => randn([2, 3, TinyModel.ImageSize, TinyModel.ImageSize], generator: new Generator(0, CPU));

    [Fact]
    public void WhatAdaptWroteIsOpened()
    {
        using (var result = tiny.Run("learned")) result.Save(tiny.At("out"));

        using var opened = ImageClassifier.Open(tiny.At("out"));

        using var adapted = AdaptedModel.Load(tiny.At("out"));
        opened.Model.call(Pixels).data<float>().Should().Equal(adapted.Model.call(Pixels).data<float>());
        opened.ClassNames.Should().Equal(adapted.Info.ClassNames);
        opened.Preprocessing.Should().Be(adapted.Preprocessing);
        opened.Invoking(_ => ImageClassifier.Open(tiny.At("out"), [TinyAdapters.Create(opened.Model, "a", 1)])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void ACheckpointBringsItsOwnHead()
    {
        using var model = TinyModel.Create(5, "left", "right");
        model.Save(tiny.At("checkpoint"));

        using var opened = ImageClassifier.Open(tiny.At("checkpoint"));

        opened.ClassNames.Should().Equal("left", "right");
        model.eval();
        opened.Model.call(Pixels).data<float>().Should().Equal(model.call(Pixels).data<float>());
        opened.Model.parameters().Should().OnlyContain(parameter => !parameter.requires_grad);
        FluentActions.Invoking(() => ImageClassifier.Open(tiny.At("checkpoint"), baseFolder: tiny.At("checkpoint"))).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void ASingleAdapterBringsItsHeadAndIsMerged()
    {
        using var model = TinyModel.Create(5);
        model.Save(tiny.At("checkpoint"));
        var adapter = WithHead(model, "one", 1);

        using var opened = ImageClassifier.Open(tiny.At("checkpoint"), [adapter]);

        model.SetHead(adapter.Head!);
        model.eval();
        using (Composition.AttachUniform(model, [adapter]))
            ((double)(opened.Model.call(Pixels) - model.call(Pixels)).abs().max().item<float>()).Should().BeLessThan(1e-5);
        adapter.Dispose();
        opened.ClassNames.Should().Equal("x", "y", "z");
        opened.Model.call(Pixels).shape.Should().Equal(2, 3);
    }

    [Fact]
    public void OfSeveralAdaptersNoHeadIsTaken()
    {
        using var model = TinyModel.Create(5);
        model.Save(tiny.At("headless"));
        using LoraAdapter one = WithHead(model, "one", 1), two = WithHead(model, "two", 2);

        FluentActions.Invoking(() => ImageClassifier.Open(tiny.At("headless"), [one, two])).Should().Throw<ModelFileException>()
            .WithMessage("*expected a model with a head, found none, and of several adapters no saved head is taken*");
        using var opened = ImageClassifier.Open(tiny.At("headless"), [one, two], needsHead: false);
        opened.ClassNames.Should().BeEmpty();
        opened.Warnings.Should().Contain("Of several adapters no saved head is taken: each belongs to its own task's classes.");
    }

    [Fact]
    public void AModelWithoutAHeadIsRefusedUnlessItWillDo()
    {
        using var model = TinyModel.Create(5);
        model.Save(tiny.At("headless"));

        FluentActions.Invoking(() => ImageClassifier.Open(tiny.At("headless"))).Should().Throw<ModelFileException>().WithMessage("*a single adapter brings its saved head.");
        using var opened = ImageClassifier.Open(tiny.At("headless"), needsHead: false);
        opened.Model.Features(Pixels).shape.Should().Equal(2, TinyModel.Width);
    }

    static LoraAdapter WithHead(IAdaptableModel model, string name, int seed)
    {
        using var plain = TinyAdapters.Create(model, name, seed);
        using var generator = new Generator((ulong)seed, CPU);
        return new LoraAdapter(name, [.. plain.Layers.Select(layer => KeyValuePair.Create(layer.Key, layer.Value.Clone()))])
        {
            Head = new SavedHead(randn([3, TinyModel.Width], generator: generator), null, ["x", "y", "z"]),
        };
    }
}
