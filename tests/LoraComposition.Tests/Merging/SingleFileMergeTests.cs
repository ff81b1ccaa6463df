using LoraComposition.Tests.Adapters;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Merging;

/// <summary>Files in the spellings of kohya and diffusers are composed in their own spelling, and never across two.</summary>
public sealed class SingleFileMergeTests : IDisposable
{
    static readonly AdapterLoadOptions any = new() { AnyArchitecture = true };

    readonly TemporaryFolder folder = new();
    readonly List<AdapterFile> opened = [];

    public void Dispose()
    {
        opened.ForEach(file => file.Dispose());
        folder.Dispose();
    }

    public static TheoryData<string> Files => [.. SingleFile.All.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public void The_mean_of_two_files_is_half_their_sum_in_their_spelling(string name)
    {
        using var scope = NewDisposeScope();
        var single = SingleFile.Called(name);
        string first = single.Write(folder.File("one.safetensors"), 1, rank: 2, alpha: 1), second = single.Write(folder.File("two.safetensors"), 2, rank: 1);
        var merge = new AdapterMerge([Open(first), Open(second)], new MeanMerge());
        merge.Save(folder.File("mean.safetensors"));
        merge.Save(folder.File("again"));
        File.ReadAllBytes(folder.File("again/pytorch_lora_weights.safetensors")).Should().Equal(File.ReadAllBytes(folder.File("mean.safetensors")));
        var (one, two, mean) = (single.Updates(first), single.Updates(second), single.Updates(folder.File("mean.safetensors")));
        foreach (string layer in single.Layers.Keys) mean[layer].ShouldBeClose(one[layer].add(two[layer]).div(2), 1e-6, layer);
        var again = Open(folder.File("again"));
        again.Layout.Should().Be(single.Layout);
        again.Layers.Values.Should().OnlyContain(layer => layer.Scaling == 1 && layer.Rank == 3);
        again.Provenance!.Sources.Select(source => (source.Name, source.Fingerprint, source.Weight)).Should().Equal(("one", opened[0].Fingerprint, 1), ("two", opened[1].Fingerprint, 1));
    }

    [Fact]
    public void Two_spellings_are_not_composed()
    {
        var kohya = Open(SingleFile.Called("sd15-kohya").Write(folder.File("kohya.safetensors"), 1));
        var sdxl = Open(SingleFile.Called("sdxl-kohya").Write(folder.File("sdxl.safetensors"), 1));
        var diffusers = Open(SingleFile.Called("sdxl-diffusers").Write(folder.File("diffusers.safetensors"), 1));
        var peft = Open(ArchitectureLayout.Called("flux").Write(folder.File("peft"), 1));
        Refused(kohya, peft).Should().Contain(peft.WeightsPath).And.Contain("none of its layers").And.Contain("spelled as PEFT does it").And.Contain("they as kohya does it");
        Refused(peft, diffusers).Should().Contain("spelled as diffusers does it").And.Contain("they as PEFT does it");
        Refused(kohya, sdxl).Should().Contain("none of its layers in 'lora_unet'").And.Contain("lora_unet_input_blocks");
    }

    [Fact]
    public void A_component_whose_layers_all_have_other_names_is_not_taken_for_zeros()
    {
        var single = SingleFile.Called("sd15-kohya");
        var first = Open(single.Write(folder.File("one.safetensors"), 1));
        // The same unet in the names of its first program, and a text encoder whose names both share.
        var second = Open(single.Write(folder.File("two.safetensors"), 2, change: tensors =>
        {
            foreach (string key in tensors.Keys.Where(key => key.StartsWith("lora_unet")).ToArray())
            {
                tensors["lora_unet_input_blocks_" + key["lora_unet_".Length..]] = tensors[key];
                tensors.Remove(key);
            }
        }));
        Refused(first, second).Should().Contain("none of its layers in 'lora_unet'");
        var text = Open(single.Write(folder.File("three.safetensors"), 3, change: tensors =>
        {
            foreach (string key in tensors.Keys.Where(key => key.StartsWith("lora_unet")).ToArray()) tensors.Remove(key);
        }));
        new AdapterMerge([first, text], new MeanMerge()).Layers.Should().HaveCount(4, "a file may leave a component alone");
    }

    AdapterFile Open(string path)
    {
        var file = AdapterFile.Open(path, options: any);
        opened.Add(file);
        return file;
    }

    static string Refused(params AdapterFile[] files) => FluentActions.Invoking(() => new AdapterMerge(files, new MeanMerge())).Should().Throw<AdapterException>().Which.Message;
}
