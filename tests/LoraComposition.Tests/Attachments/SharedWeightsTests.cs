using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

public class SharedWeightsTests
{
    public static TheoryData<string, int> Sharings => new() { { "layer", 6 }, { "block", 2 }, { "role", 3 }, { "model", 1 } };

    static WeightSharing Sharing(string name) => new[] { WeightSharing.None, WeightSharing.Block, WeightSharing.Role, WeightSharing.Model }.Single(s => s.Name == name);

    [Theory]
    [MemberData(nameof(Sharings))]
    public void There_is_one_vector_for_each_group_and_the_head_and_base_stay_frozen(string sharing, int vectors)
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var x = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];
        Tensor uniform;
        using (Composition.AttachUniform(model, Fixture.Adapters())) uniform = model.call(x);

        using var composition = Composition.AttachUnconstrained(model, Fixture.Adapters(), Sharing(sharing));

        composition.TrainableParameters().Should().HaveCount(vectors).And.OnlyHaveUniqueItems();
        composition.TrainableParameterCount.Should().Be(3 * vectors);
        model.parameters().Count(p => p.requires_grad).Should().Be(vectors);
        model.call(x).ShouldBeClose(uniform, 1e-5);
        model.call(x).square().sum().backward();
        composition.TrainableParameters().Should().OnlyContain(p => p.grad!.abs().max().item<float>() > 0);
    }

    [Fact]
    public void Encoder_and_decoder_blocks_do_not_share()
    {
        using var model = Fixture.T5();
        using var lora = LoraTuning.Attach(model, new LoraOptions { Rank = 2 });
        using var adapter = lora.ToAdapter("a");
        lora.Detach();

        using var composition = Composition.AttachLearned(model, [adapter], WeightSharing.Block);

        int blocks = composition.Layers.Select(l => (l.Site.LayerIndex, Decoder: l.Site.Path.Contains("decoder"))).Distinct().Count();
        composition.TrainableParameters().Should().HaveCount(blocks);
    }

    [Fact]
    public void A_start_is_taken_and_one_that_no_softmax_gives_refused()
    {
        using var model = Fixture.Vit();
        using (var composition = Composition.AttachLearned(model, Fixture.Adapters(), WeightSharing.Model, [0.8, 0.1, 0.1]))
            composition.ReadWeights().Should().OnlyContain(w => Math.Abs(w.Weights[0] - 0.8) < 1e-6 && Math.Abs(w.Weights[2] - 0.1) < 1e-6);
        FluentActions.Invoking(() => Composition.AttachLearned(model, Fixture.Adapters(), WeightSharing.Model, [1, 0, 0])).Should().Throw<ArgumentException>().WithMessage("*positive weights that sum to 1*");
        model.Sites.Should().OnlyContain(s => s.Layer is TorchSharp.Modules.Linear);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Exported_reloaded_and_merged_it_computes_the_same(bool residual)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Fixture.Vit();
        var x = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];
        using var folder = new TemporaryFolder();
        using var composition = Composition.AttachUnconstrained(model, Fixture.Adapters(), WeightSharing.Block, [0.7, -0.4, 1.2]);
        if (residual)
        {
            composition.AddResidual(new LoraOptions { Rank = 3 }, seed: 5);
            foreach (var parameter in composition.ResidualParameters()) parameter.add_(SmallLayers.Input(3, ScalarType.Float32, parameter.shape) * 0.02);
        }
        var output = model.call(x);

        using (var adapter = composition.ToAdapter("composed"))
        {
            adapter.Provenance!.Method.Should().Be(residual ? "unconstrained+lora" : "unconstrained");
            adapter.Save(folder.Path + "/adapter");
        }
        composition.Detach();

        using var loaded = LoraAdapter.Load(folder.Path + "/adapter");
        using (LoraTuning.Continue(model, loaded)) model.call(x).ShouldBeClose(output, 3e-5);
        using var again = LoraTuning.Continue(model, loaded);
        again.MergeIntoBase();
        model.call(x).ShouldBeClose(output, 3e-5);
    }

    [Fact]
    public void A_residual_is_seeded_and_detaching_leaves_the_model_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        var before = model.state_dict().ToDictionary(p => p.Key, p => p.Value.clone());
        Tensor[] Start(long seed)
        {
            using var composition = Composition.AttachUniform(model, Fixture.Adapters());
            composition.AddResidual(new LoraOptions { Rank = 2 }, seed);
            composition.TrainableParameters().Should().HaveCount(12);
            return [.. composition.ResidualParameters().Select(p => p.detach().clone())];
        }

        var (one, same, other) = (Start(1), Start(1), Start(2));

        foreach (var (a, b) in one.Zip(same)) a.ShouldBeIdentical(b);
        one[0].Distance(other[0]).Should().BeGreaterThan(1e-3);
        model.state_dict().Keys.Should().Equal(before.Keys);
        foreach (var (name, value) in model.state_dict()) value.ShouldBeIdentical(before[name], name);
    }
}
