using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>Where something is NaN or infinite, the error names what is at fault.</summary>
public sealed class NonFiniteTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1e39)]
    [InlineData(-1e39)]
    [InlineData(double.NaN)]
    public void A_weight_beyond_float32_is_named_with_its_adapter(double weight)
    {
        using var model = Fixture.Vit();
        using LoraAdapter a = Fixture.Adapter("vit-a"), b = Fixture.Adapter("vit-b");
        FluentActions.Invoking(() => Composition.AttachWeighted(model, [a, b], [1, weight])).Should().Throw<ArgumentException>().WithMessage($"The weight of adapter 'vit-b' is {weight}, *beyond float32*");
        if (double.IsNaN(weight)) return;

        string path;
        using (var composition = Composition.AttachUniform(model, [a, b])) path = composition.Layers[0].Site.Path;
        var weights = new CompositionWeights(["vit-b", "vit-a"], [KeyValuePair.Create(path, (IReadOnlyList<double>)[weight, 1])]);
        FluentActions.Invoking(() => Composition.AttachWeighted(model, [a, b], weights)).Should().Throw<ArgumentException>().WithMessage($"Layer '{path}': the weight of adapter 'vit-b' is {weight}, *");
        using var again = Composition.AttachUniform(model, [a, b]);
    }

    [Fact]
    public void An_export_that_is_not_finite_names_adapter_and_weight()
    {
        using var model = Fixture.Vit();
        using LoraAdapter a = Fixture.Adapter("vit-a"), b = Fixture.Adapter("vit-b");
        using var large = new LoraAdapter("large", [.. b.Layers.Select(layer => KeyValuePair.Create(layer.Key, new LoraDelta(layer.Value.A, layer.Value.B.mul(1e3), 1)))]);
        using var composition = Composition.AttachWeighted(model, [a, large], [1, 1e38]);

        FluentActions.Invoking(() => composition.ToAdapter("sum")).Should().Throw<NonFiniteException>().WithMessage("Layer 'vit.layers.0.*': the update of adapter 'large' times its weight 1E+38 is NaN or infinite*");
    }

    [Fact]
    public void A_checkpoint_that_holds_no_numbers_is_refused_with_the_tensors_name()
    {
        foreach (var (name, file, load) in new (string, string, Action)[] { ("vit-hf", "vit.layernorm.bias", () => VisionTransformer.Load(folder.Path).Dispose()), ("t5-flan", "decoder.final_layer_norm.weight", () => T5Model.Load(folder.Path).Dispose()) })
        {
            foreach (string path in Directory.GetFiles(Fixture.Path(name))) File.Copy(path, folder.File(Path.GetFileName(path)), overwrite: true);
            Change(folder.File("model.safetensors"), file, value => value[0] = double.NegativeInfinity);
            FluentActions.Invoking(load).Should().Throw<CheckpointException>().WithMessage($"*model.safetensors: tensor '{file}' holds NaN or infinite numbers*");
        }
    }

    [Fact]
    public void A_checkpoint_whose_numbers_only_overflow_the_check_is_read()
    {
        foreach (string path in Directory.GetFiles(Fixture.Path("vit-hf"))) File.Copy(path, folder.File(Path.GetFileName(path)), overwrite: true);
        Change(folder.File("model.safetensors"), "vit.layernorm.bias", value => value.fill_(3e38));

        VisionTransformer.Load(folder.Path).Dispose();
    }

    [Fact]
    public void An_update_out_of_all_proportion_is_a_warning()
    {
        using var model = Fixture.Vit();
        using LoraAdapter a = Fixture.Adapter("vit-a"), b = Fixture.Adapter("vit-b");
        using var large = new LoraAdapter("large", [.. b.Layers.Select(layer => KeyValuePair.Create(layer.Key, new LoraDelta(layer.Value.A.mul(1e4), layer.Value.B.mul(1e4), 1)))]);

        var found = AdapterCompatibility.Check(model, a, large);

        found.IsCompatible.Should().BeTrue();
        found.Outsized.Should().Equal("large");
        found.Warnings.Where(warning => warning.Contains("times the layer's own weight")).Should().ContainSingle().Which.Should().StartWith("Adapter 'large' changes layer 'vit.");
        AdapterCompatibility.Check(model, a, b).Outsized.Should().BeEmpty();
    }

    [Fact]
    public void A_t5_whose_outputs_are_not_numbers_neither_writes_nor_scores()
    {
        using var model = Fixture.T5();
        using (no_grad())
            foreach (var parameter in model.parameters()) parameter.fill_(double.NaN);
        using var ids = tensor(new long[] { 3, 4, 1 }).unsqueeze(0);

        FluentActions.Invoking(() => model.Generate(ids)).Should().Throw<NonFiniteException>().WithMessage("The model's outputs are not numbers*");
        FluentActions.Invoking(() => model.Generate(ids, options: new GenerationOptions { Beams = 2 })).Should().Throw<NonFiniteException>();
        FluentActions.Invoking(() => model.ScoreAnswers(ids, null, [[[5, 1]]])).Should().Throw<NonFiniteException>().WithMessage("The model's outputs are not numbers*");
    }

    static void Change(string path, string tensor, Action<Tensor> change)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors;
        using (var file = SafetensorsFile.Open(path)) tensors = file.Tensors.Keys.ToDictionary(name => name, name => file.Read(name).clone());
        change(tensors[tensor]);
        SafetensorsWriter.Write(path, tensors);
    }
}
