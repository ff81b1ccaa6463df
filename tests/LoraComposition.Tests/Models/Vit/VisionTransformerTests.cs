using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

public class VisionTransformerTests
{
    static readonly VitConfig Small = new() { HiddenSize = 16, LayerCount = 2, HeadCount = 2, IntermediateSize = 24, ImageSize = 8, PatchSize = 4, ClassNames = ["a", "b", "c"] };

    [Fact]
    public void Logits_and_hidden_states_equal_the_reference()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Fixture.Vit();
        var io = Fixture.Tensors("vit-hf", "io.safetensors");

        model.call(io["pixel_values"]).ShouldBeClose(io["logits"]);
        var states = model.HiddenStates(io["pixel_values"]);
        states.Should().HaveCount(3);
        for (int i = 0; i < states.Count; i++) states[i].ShouldBeClose(io[$"hidden_states.{i}"], because: $"state {i}");
        model.Features(io["pixel_values"]).ShouldBeClose(io["last_hidden_state"][.., 0]);
    }

    [Fact]
    public void A_backbone_without_prefix_and_with_a_pooler_equals_the_reference()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = VisionTransformer.Load(Fixture.Path("vit-hf-backbone"));
        var io = Fixture.Tensors("vit-hf-backbone", "io.safetensors");

        model.Features(io["pixel_values"]).ShouldBeClose(io["last_hidden_state"][.., 0]);
        model.Classifier.Should().BeNull();
        var act = () => model.call(io["pixel_values"]);
        act.Should().Throw<InvalidOperationException>().WithMessage("*no head*ResetHead*");
    }

    [Fact]
    public void Features_are_the_same_from_every_hidden_state()
    {
        using var scope = NewDisposeScope();
        using var model = VisionTransformer.Create(Small with { LayerCount = 3 }, 1);
        var pixels = ones(2, 3, 8, 8);
        var states = model.HiddenStates(pixels);

        for (int blocks = 0; blocks < 3; blocks++)
        {
            var hidden = model.HiddenState(pixels, blocks);
            hidden.ShouldBeClose(states[blocks], 0);
            model.FeaturesFrom(hidden, blocks).ShouldBeClose(model.Features(pixels), 0);
        }

        FluentActions.Invoking(() => model.HiddenState(pixels, 3)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*0 to 2 blocks*has 3*");
        FluentActions.Invoking(() => model.FeaturesFrom(states[0], -1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Blocks_are_frozen_up_to_the_first_that_is_adapted_or_trains()
    {
        using var scope = NewDisposeScope();
        using var model = VisionTransformer.Create(Small with { LayerCount = 3 }, 1);
        model.FrozenBlocks.Should().Be(-1, "everything trains");
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        model.FrozenBlocks.Should().Be(2, "of the last block not all tokens are read");

        foreach (var site in model.Sites.Where(site => site.Role == LinearRole.Value))
        {
            var adapter = new LoraAdapter("module", [KeyValuePair.Create(site.Path, SmallLayers.Delta(16, 16, 2, 1, 0))]);
            using var composition = Composition.AttachUniform(model, [adapter]);
            model.FrozenBlocks.Should().Be(site.LayerIndex, "a composition that does not train is no part of the base model either");
        }
        model.FrozenBlocks.Should().Be(2);

        model.Blocks[1].NormBefore.bias!.requires_grad = true;
        model.FrozenBlocks.Should().Be(1);
    }

    [Fact]
    public void In_float64_it_equals_the_reference_closely()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = VisionTransformer.Load(Fixture.Path("vit-hf"), new VitLoadOptions { Dtype = ScalarType.Float64 });
        var io = Fixture.Tensors("vit-hf", "io.safetensors");
        model.call(io["pixel_values"].to(ScalarType.Float64)).ShouldBeClose(io["logits"], 1e-6);
    }

    [Fact]
    public void The_class_token_shortcut_of_the_last_block_has_the_same_gradients()
    {
        using var scope = NewDisposeScope();
        using var model = VisionTransformer.Create(Small, seed: 1).to(ScalarType.Float64) as VisionTransformer;
        var x = SmallLayers.Input(1, ScalarType.Float64, 3, 3, 8, 8);
        model!.Features(x).sin().sum().backward();
        var shortcut = model.named_parameters().Where(p => p.parameter.grad is not null).ToDictionary(p => p.name, p => p.parameter.grad!.clone());
        model.zero_grad();

        var norm = (TorchSharp.Modules.LayerNorm)model.named_children().Single(c => c.name == "norm").module;
        norm.call(model.HiddenStates(x)[^1])[.., 0].sin().sum().backward();

        foreach (var (name, parameter) in model.named_parameters().Where(p => p.parameter.grad is not null))
            parameter.grad!.ShouldBeClose(shortcut[name], 1e-10, name);
    }

    [Fact]
    public void It_reads_back_what_it_saved()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = VisionTransformer.Create(Small, seed: 1);
        model.Save(folder.Path);
        using var loaded = VisionTransformer.Load(folder.Path);

        loaded.Config.Should().BeEquivalentTo(model.Config);
        foreach (var (name, parameter) in model.named_parameters()) loaded.get_parameter(name)!.ShouldBeIdentical(parameter, name);
        File.ReadAllBytes(Path.Combine(folder.Path, "model.safetensors")).Should().NotBeEmpty();
        Directory.GetFiles(folder.Path).Select(Path.GetFileName).Should().BeEquivalentTo("config.json", "model.safetensors");
    }

    [Fact]
    public void The_same_seed_gives_the_same_start()
    {
        using var a = VisionTransformer.Create(Small, seed: 1);
        using var b = VisionTransformer.Create(Small, seed: 1);
        using var c = VisionTransformer.Create(Small, seed: 2);
        foreach (var (name, parameter) in a.named_parameters()) parameter.ShouldBeIdentical(b.get_parameter(name)!, name);
        a.Classifier!.weight!.Distance(c.Classifier!.weight!).Should().BeGreaterThan(0.001);
        a.Classifier.weight!.abs().max().item<float>().Should().BeLessThan(0.0401f);
        a.Classifier.weight!.std().item<float>().Should().BeInRange(0.013f, 0.022f);
    }

    [Fact]
    public void A_fresh_head_and_another_image_size_are_given_on_loading()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = VisionTransformer.Load(Fixture.Path("vit-hf"), new VitLoadOptions { ClassNames = ["x", "y"], ImageSize = 48 });
        model.Config.ClassNames.Should().Equal("x", "y");
        model.Config.TokenCount.Should().Be(37);
        model.call(randn(2, 3, 48, 48)).shape.Should().Equal(2, 2);
        model.Classifier!.bias!.count_nonzero().item<long>().Should().Be(0);
    }

    [Fact]
    public void Positions_are_interpolated_smoothly_and_the_class_token_keeps_its_own()
    {
        using var scope = NewDisposeScope();
        // A linear ramp over the grid stays a ramp in the middle; the same size stays the same.
        var ramp = cat([tensor(new float[] { 9 }).view(1, 1, 1), arange(4, dtype: ScalarType.Float32).view(1, 4).expand(4, 4).reshape(1, 16, 1)], 1);
        PositionGrid.Interpolate(ramp, 4, front: 1, GridFilter.Plain).ShouldBeClose(ramp, 1e-6);
        var larger = PositionGrid.Interpolate(ramp, 8, front: 1, GridFilter.Plain);
        larger.shape.Should().Equal(1, 65, 1);
        larger[0, 0, 0].item<float>().Should().Be(9);
        larger[0, 1 + 8 * 3 + 3, 0].item<float>().Should().BeApproximately(1.25f, 0.05f);
        larger[0, 1 + 8 * 3 + 4, 0].item<float>().Should().BeApproximately(1.75f, 0.05f);
    }

    [Fact]
    public void A_sites_module_can_be_replaced_in_place()
    {
        using var scope = NewDisposeScope();
        using var model = VisionTransformer.Create(Small, seed: 1);
        model.eval();
        var order = model.named_modules().Select(m => m.name).ToArray();
        var site = model.Sites[0];
        var other = SmallLayers.Linear(16, 16);

        site.Replace(other);

        site.Layer.Should().BeSameAs(other);
        other.training.Should().BeFalse();
        model.named_modules().Select(m => m.name).Should().Equal(order);
        model.named_modules().Select(m => m.module).Should().Contain(other);
    }

    [Fact]
    public void Sites_are_named_in_both_spellings_in_the_order_of_the_forward_pass()
    {
        using var model = VisionTransformer.Create(Small, seed: 1);
        model.Sites.Should().HaveCount(13);
        model.Sites.Take(6).Select(s => s.Path).Should().Equal("vit.layers.0.attention.q_proj", "vit.layers.0.attention.k_proj", "vit.layers.0.attention.v_proj", "vit.layers.0.attention.o_proj", "vit.layers.0.mlp.fc1", "vit.layers.0.mlp.fc2");
        model.Sites.Skip(6).Select(s => s.PathIn(ModuleSpelling.Transformers4)).Should().Equal("vit.encoder.layer.1.attention.attention.query", "vit.encoder.layer.1.attention.attention.key", "vit.encoder.layer.1.attention.attention.value", "vit.encoder.layer.1.attention.output.dense", "vit.encoder.layer.1.intermediate.dense", "vit.encoder.layer.1.output.dense", "classifier");
        model.Sites[^1].Role.Should().Be(LinearRole.Head);
    }

    [Fact]
    public void Pixels_of_another_size_are_refused()
    {
        using var model = VisionTransformer.Create(Small, seed: 1);
        var act = () => model.call(zeros(1, 3, 9, 8));
        act.Should().Throw<ArgumentException>().WithMessage("*[batch, 3, 8, 8]*[1, 3, 9, 8]*");
    }
}
