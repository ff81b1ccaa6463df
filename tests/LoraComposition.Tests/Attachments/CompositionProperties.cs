using CsCheck;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>What must hold for every composition: any number of modules, ranks, scalings and layers.</summary>
public class CompositionProperties
{
    const long Iterations = 30;
    const double Tolerance = 2e-4;

    static readonly VitConfig Shape = new() { HiddenSize = 12, LayerCount = 2, HeadCount = 2, IntermediateSize = 20, ImageSize = 8, PatchSize = 4, ClassNames = ["a", "b", "c"] };

    // A module: its seed, and for each layer the rank (0: not adapted), alpha and rank stabilisation.
    sealed record ModuleShape(int Seed, (int Rank, double Alpha, bool Stabilised)[] Layers);

    static readonly Gen<ModuleShape> GenModule = Gen.Select(Gen.Int[1, 1_000_000],
        Gen.Select(Gen.Int[0, 6], Gen.Double[0.1, 8], Gen.Bool).Array[12]).Select((seed, layers) => new ModuleShape(seed, layers))
        .Where(m => m.Layers.Any(l => l.Rank > 0));

    static readonly Gen<ModuleShape[]> GenModules = GenModule.Array[1, 5];

    static LoraAdapter Adapter(VisionTransformer model, ModuleShape module, string name) => new(name, model.Sites.Zip(module.Layers).Where(p => p.Second.Rank > 0).Select((p, i) =>
    {
        var (site, (rank, alpha, stabilised)) = p;
        var weight = ((TorchSharp.Modules.Linear)site.Layer).weight!;
        return KeyValuePair.Create(site.Path, SmallLayers.Delta(weight.shape[1], weight.shape[0], rank, LoraOptions.ScalingOf(alpha, rank, stabilised) * 0.2, module.Seed + i));
    }));

    static LoraAdapter[] Adapters(VisionTransformer model, ModuleShape[] modules) => [.. modules.Select((m, n) => Adapter(model, m, $"module {n}"))];

    static Tensor Logits(VisionTransformer model)
    {
        using var noGrad = no_grad();
        return model.call(SmallLayers.Input(7, ScalarType.Float32, 2, 3, 8, 8));
    }

    static void Check<T>(Gen<T> cases, Action<VisionTransformer, T> property) => cases.Sample(value =>
    {
        using var scope = NewDisposeScope();
        using var model = VisionTransformer.Create(Shape, seed: 3);
        property(model, value);
    }, iter: Iterations, threads: 1);

    [Fact]
    public void Copies_of_one_module_average_to_it() => Check(Gen.Select(GenModule, Gen.Int[1, 6]), (model, c) =>
    {
        var (module, count) = c;
        var copies = Enumerable.Range(0, count).Select(n => Adapter(model, module, $"{n}")).ToArray();
        Tensor one, many;
        using (Composition.AttachUniform(model, [copies[0]])) one = Logits(model);
        using (Composition.AttachUniform(model, copies)) many = Logits(model);
        many.ShouldBeClose(one, Tolerance);
    });

    [Fact]
    public void Uniform_v_equals_the_uniform_composer_in_every_order() => Check(GenModules, (model, modules) =>
    {
        var adapters = Adapters(model, modules);
        Tensor uniform;
        using (Composition.AttachUniform(model, adapters)) uniform = Logits(model);
        using var learned = Composition.AttachLearned(model, adapters);
        Logits(model).ShouldBeClose(uniform, Tolerance);
        foreach (var order in Enum.GetValues<EvaluationOrder>())
        {
            foreach (var (_, layer) in learned.Layers) layer.Order = order;
            Logits(model).ShouldBeClose(uniform, Tolerance, $"{order}");
        }
    });

    [Fact]
    public void Permuting_the_modules_permutes_the_weights() => Check(Gen.Select(GenModules, Gen.Double[-3, 3].Array[5], Gen.Int[0, 1000]), (model, c) =>
    {
        var (modules, start, seed) = c;
        var adapters = Adapters(model, modules);
        int[] order = [.. Enumerable.Range(0, modules.Length)];
        new Random(seed).Shuffle(order);
        var v = start.Take(modules.Length).ToArray();
        IReadOnlyDictionary<string, IReadOnlyList<double>> Starts(IEnumerable<LoraAdapter> all, IReadOnlyList<double> values) =>
            model.Sites.Where(s => all.Any(a => a.Layers.ContainsKey(s.Path))).ToDictionary(s => s.Path, _ => values);

        Tensor straight, permuted;
        (LoraComposition.Models.AdapterSite Site, double[] Weights)[] before, after;
        using (var composition = Composition.AttachLearned(model, adapters, Starts(adapters, v))) (straight, before) = (Logits(model), [.. composition.ReadWeights()]);
        using (var composition = Composition.AttachLearned(model, [.. order.Select(n => adapters[n])], Starts(adapters, [.. order.Select(n => v[n])]))) (permuted, after) = (Logits(model), [.. composition.ReadWeights()]);

        permuted.ShouldBeClose(straight, Tolerance);
        for (int i = 0; i < before.Length; i++)
            for (int n = 0; n < order.Length; n++) after[i].Weights[n].Should().BeApproximately(before[i].Weights[order[n]], 1e-6);
    });

    [Fact]
    public void Weight_one_on_one_module_reproduces_it() => Check(Gen.Select(GenModules, Gen.Int[0, 4]), (model, c) =>
    {
        var (modules, index) = (c.Item1, c.Item2 % c.Item1.Length);
        var adapters = Adapters(model, modules);
        Tensor alone, chosen;
        using (Composition.AttachUniform(model, [adapters[index]])) alone = Logits(model);
        double[] weights = new double[modules.Length];
        weights[index] = 1;
        using (Composition.Attach(model, adapters, (_, layer, deltas) => new FixedComposer(layer, deltas, weights))) chosen = Logits(model);
        chosen.ShouldBeClose(alone, Tolerance);
    });

    [Fact]
    public void Composed_exported_saved_reloaded_and_merged_forms_agree_and_detaching_restores() => Check(Gen.Select(GenModules, Gen.Double[-2, 2].Array[5]), (model, c) =>
    {
        var (modules, start) = c;
        var adapters = Adapters(model, modules);
        double[] weights = [.. start.Take(modules.Length)];
        var before = Logits(model);
        using var folder = new TemporaryFolder();
        Tensor composed;
        using (var composition = Composition.Attach(model, adapters, (_, layer, deltas) => new FixedComposer(layer, deltas, weights)))
        {
            composed = Logits(model);
            using var exported = composition.ToAdapter("composed");
            exported.Save(folder.Path);
        }
        Logits(model).ShouldBeIdentical(before, "detached");

        using (var reloaded = LoraAdapter.Load(folder.Path))
        using (Composition.AttachUniform(model, [reloaded]))
            Logits(model).ShouldBeClose(composed, Tolerance, "exported and reloaded");
        Logits(model).ShouldBeIdentical(before, "detached again");

        using var last = Composition.Attach(model, adapters, (_, layer, deltas) => new FixedComposer(layer, deltas, weights));
        last.MergeIntoBase();
        Logits(model).ShouldBeClose(composed, Tolerance, "merged");
    });
}
