using LoraComposition;
using LoraComposition.Models;
using PackageConsumer;
using static TorchSharp.torch;

// Takes the folder to work in. "make" writes a small ViT and two adapters and composes them; "compare" reads what the tool made of the same files.
Directory.SetCurrentDirectory(args[1]);
return args[0] == "make" ? Make() : Compare();

static int Make()
{
    using (var vit = VisionTransformer.Create(new VitConfig { HiddenSize = 16, LayerCount = 2, HeadCount = 2, IntermediateSize = 32, ImageSize = 16, PatchSize = 8, ClassNames = ["cat", "dog"] }, seed: 1))
    {
        vit.Save("vit");
        foreach (var (name, seed) in (ReadOnlySpan<(string, int)>)[("eurosat", 1), ("flowers", 2)])
        {
            using var adapter = Adapter(vit, name, seed);
            adapter.Save($"adapters/{name}");
        }
    }

    ReadmeExamples.Library();

    // The mean of the updates, by hand: a mistake in the numbers shows here.
    using (var eurosat = LoraAdapter.Load("adapters/eurosat"))
    using (var flowers = LoraAdapter.Load("adapters/flowers"))
    using (var composed = LoraAdapter.Load("composed"))
    {
        if (composed.Layers.Count != 6) return Fail($"the composition has {composed.Layers.Count} layers, not 3 in each of 2 blocks");
        double worst = 0, largest = 0;
        foreach (var (path, layer) in composed.Layers)
        {
            using var expected = (eurosat.Layers[path].ToDense() + flowers.Layers[path].ToDense()) / 2;
            worst = Math.Max(worst, Difference(layer.ToDense(), expected));
            largest = Math.Max(largest, expected.abs().max().item<float>());
        }
        Console.WriteLine($"composed: the largest difference from the mean update is {worst:g3}, its largest number {largest:g3}");
        if (!(largest > 1) || !(worst < 1e-6 * largest)) return Fail("the composition is not the mean of the updates");
    }

    Pictures.Write("pictures");
    var first = ReadmeExamples.FewShot();
    Console.WriteLine($"trained: {first.Steps} steps, validation {first.Validation?.Accuracy:P0}, loss {first.History[0].Validation?.Loss:g3} to {first.Validation?.Loss:g3}");
    if (first.Validation is not { Accuracy: > 0.9 }) return Fail("three colours are not told apart");
    if (ReadmeExamples.FewShot().Validation != first.Validation) return Fail("the same training gives other numbers the second time");
    using var trained = LoraAdapter.Load("trained");
    return trained.Head is { ClassNames: { } names } && names.SequenceEqual(["blue", "green", "red"]) ? 0 : Fail("the adapter holds no head with its classes");
}

static int Compare()
{
    using var ours = LoraAdapter.Load("composed");
    using var tools = LoraAdapter.Load("composed-by-tool");
    if (!ours.Layers.Keys.Order().SequenceEqual(tools.Layers.Keys.Order())) return Fail("the tool's adapter has other layers");
    foreach (var (path, layer) in ours.Layers)
    {
        if (!(Difference(layer.ToDense(), tools.Layers[path].ToDense()) < 1e-6)) return Fail($"the tool's update of {path} differs");
    }
    Console.WriteLine("the tool's adapter is the library's");
    return 0;
}

static LoraAdapter Adapter(VisionTransformer model, string name, int seed)
{
    using var generator = new Generator((ulong)seed, CPU);
    return new LoraAdapter(name, model.Sites.Where(site => LoraTuning.DefaultRoles.Contains(site.Role)).Select(site => KeyValuePair.Create(site.Path,
        new LoraDelta(randn(2, 16, generator: generator), randn(16, 2, generator: generator), 0.5))));
}

static double Difference(Tensor first, Tensor second) => (first - second).abs().max().item<float>();

static int Fail(string what)
{
    Console.Error.WriteLine($"PackageConsumer: {what}");
    return 1;
}
