using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Merging;

public sealed class AttachMergedTests
{
    static readonly MergeMethod[] methods = [new MeanMerge(), new TiesMerge(0.3), new DareMerge(0.5, 4), new KnotsMerge(0.3), new CoreSpaceMerge(0.3), new BreadcrumbsMerge(0.5, 0.1, 0.7)];

    [Fact]
    public void The_model_computes_with_the_merged_updates_and_is_itself_again_afterwards()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var adapters = Fixture.Adapters();
        var pixels = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];
        var before = model.call(pixels).detach();
        foreach (var method in methods)
        {
            using var composition = Composition.AttachMerged(model, adapters, method);
            var merged = model.call(pixels).detach();
            foreach (var (site, layer) in composition.Layers)
            {
                LoraDelta?[] updates = [.. adapters.Select(adapter => adapter.Layers.GetValueOrDefault(site.Path))];
                using var expected = method.Merge(new MergeLayer(site.Path, updates));
                using var found = layer.ToDelta();
                found.ToDense().ShouldBeClose(expected.ToDense(), 1e-6, $"{method.Name}, {site.Path}");
            }
            composition.TrainableParameters().Should().BeEmpty();
            using var exported = composition.ToAdapter("merged");
            exported.Provenance!.Method.Should().Be(method.Name);
            exported.Provenance.Settings.Should().BeEquivalentTo(method.Settings);
            exported.Provenance.Sources.Select(source => source.Name).Should().Equal(adapters.Select(adapter => adapter.Name));
            composition.Detach();
            model.call(pixels).ShouldBeIdentical(before);
            using (Composition.AttachUniform(model, [exported])) model.call(pixels).ShouldBeClose(merged, 1e-5, method.Name);
            merged.Distance(before).Should().BeGreaterThan(1e-4, method.Name);
        }
    }

    [Fact]
    public void A_residual_trains_on_top_and_the_provenance_survives_a_file()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        using var folder = new TemporaryFolder();
        using (var composition = Composition.AttachMerged(model, Fixture.Adapters(), new TiesMerge(0.3, 0.5), [1, 2, 0.5]))
        {
            composition.AddResidual(new LoraOptions { Rank = 2 });
            composition.TrainableParameters().Should().NotBeEmpty();
            using var exported = composition.ToAdapter("merged");
            exported.Save(folder.Path);
        }
        using var read = LoraAdapter.Load(folder.Path);
        read.Provenance!.Method.Should().Be("ties+lora");
        read.Provenance.Settings.Should().Equal(new Dictionary<string, double> { ["density"] = 0.3, ["lambda"] = 0.5 });
        read.Provenance.Sources.Select(source => source.Weight).Should().Equal(1, 2, 0.5);
    }

    [Fact]
    public void Nothing_is_attached_where_a_method_refuses()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        ((Action)(() => Composition.AttachMerged(model, Fixture.Adapters(), new FactorMeanMerge()))).Should().Throw<ArgumentException>().WithMessage("*one rank*");
        using var composition = Composition.AttachUniform(model, Fixture.Adapters());
    }
}
