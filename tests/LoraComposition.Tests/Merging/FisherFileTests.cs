using LoraComposition.Files;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Merging;

public sealed class FisherFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_diagonal_is_read_back_for_its_own_adapter_only()
    {
        using var scope = NewDisposeScope();
        using var adapter = Saved("a", 1);
        var values = rand(4, 3);
        FisherFile.Write(folder.File("a"), adapter.Fingerprint!, new Dictionary<string, Tensor> { ["layer"] = values });
        using (var file = FisherFile.Open(adapter)) file.Read("layer").ShouldBeIdentical(values);
        using (var lazy = AdapterFile.Open(folder.File("a")))
        using (var file = FisherFile.Open(lazy))
            file.Invoking(it => it.Read("other")).Should().Throw<ArgumentException>().WithMessage("*no layer 'other'*");
        using var changed = Saved("a", 2);
        ((Action)(() => FisherFile.Open(changed))).Should().Throw<ModelFileException>().WithMessage("*other weights*");
        using var without = Saved("b", 3);
        ((Action)(() => FisherFile.Open(without))).Should().Throw<ModelFileException>().WithMessage("*fisher.safetensors*missing*lora-compose fisher*");
    }

    [Fact]
    public void What_is_no_information_is_refused()
    {
        using var scope = NewDisposeScope();
        using var adapter = Saved("a", 1);
        foreach (var bad in (Tensor[])[full([2, 2], -1f), full([2, 2], float.NaN), zeros(2)])
            ((Action)(() => FisherFile.Write(folder.File("a"), adapter.Fingerprint!, new Dictionary<string, Tensor> { ["layer"] = bad }))).Should().Throw<ArgumentException>().WithMessage("*'layer'*");
        SafetensorsWriter.Write(Path.Combine(folder.File("a"), FisherFile.FileName), new Dictionary<string, Tensor> { ["layer"] = full([4, 3], -1f) },
            new Dictionary<string, string> { ["lora_composition.adapter_sha256"] = adapter.Fingerprint! });
        using var file = FisherFile.Open(adapter);
        file.Invoking(it => it.Read("layer")).Should().Throw<ModelFileException>().WithMessage("*'layer'*negative*");
    }

    LoraAdapter Saved(string name, int seed)
    {
        using (var made = new LoraAdapter(name, [new("layer", SmallLayers.Delta(3, 4, 2, 1, seed))])) made.Save(folder.File(name));
        return LoraAdapter.Load(folder.File(name));
    }
}
