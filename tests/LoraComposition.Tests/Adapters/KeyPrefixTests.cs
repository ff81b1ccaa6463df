using LoraComposition.Tests.Files;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Adapters;

/// <summary>The spellings of one adapter's keys that programs leave in its file.</summary>
public sealed class KeyPrefixTests : IDisposable
{
    const string Prefix = "base_model.model.";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string> Spellings => new()
    {
        { "_orig_mod." + Prefix, "" },
        { Prefix + "_orig_mod.", "" },
        { "module." + Prefix, "" },
        { "module._orig_mod." + Prefix, "" },
        { "_orig_mod.module." + Prefix, "" },
        { Prefix + "module.", "" },
        { "model." + Prefix, "" },
        { "model._orig_mod." + Prefix, "my_task" },
        { "", "" },
        { "_orig_mod.", "" },
        { "module.", "my_task" },
        { Prefix, "my_task" },
        { Prefix, "default" },
        { "_fsdp_wrapped_module." + Prefix + "_fsdp_wrapped_module.", "" },
    };

    [Theory]
    [MemberData(nameof(Spellings))]
    public void Every_spelling_holds_the_same_numbers(string prefix, string adapter)
    {
        PeftFolder.Copy(folder, "vit-head");
        PeftFolder.Change(folder, tensors => Rename(tensors, prefix, adapter));
        using var expected = LoraAdapter.Load(PeftFolder.Fixture("vit-head"));
        using var found = LoraAdapter.Load(folder.Path);
        found.Layers.Keys.Should().Equal(expected.Layers.Keys);
        foreach (var (path, delta) in found.Layers) (delta.A.equal(expected.Layers[path].A).all().item<bool>(), delta.B.equal(expected.Layers[path].B).all().item<bool>()).Should().Be((true, true), path);
        found.Head!.Weight.equal(expected.Head!.Weight).all().item<bool>().Should().BeTrue();
        found.Warnings.Should().BeEmpty();
        using var file = AdapterFile.Open(folder.Path, options: new AdapterLoadOptions { AnyArchitecture = true });
        file.Layers.Keys.Should().Equal(expected.Layers.Keys);
        file.Saved.Keys.Should().Equal("classifier.bias", "classifier.weight");
    }

    [Fact]
    public void A_wrapper_inside_the_model_counts_for_nothing_in_targets_too()
    {
        PeftFolder.Copy(folder);
        PeftFolder.Set(folder, "target_modules", """["_orig_mod.vit.layers.0.attention.q_proj", "k_proj", "v_proj", "module.vit.layers.1.attention.q_proj"]""");
        PeftFolder.Change(folder, tensors =>
        {
            foreach (string key in tensors.Keys.ToArray())
            {
                tensors[key.Replace(".layers.", "._orig_mod.layers.", StringComparison.Ordinal)] = tensors[key];
                tensors.Remove(key);
            }
        });
        using var found = LoraAdapter.Load(folder.Path);
        found.Layers.Keys.Should().Contain("vit.layers.0.attention.q_proj").And.HaveCount(6);
    }

    [Fact]
    public void Two_adapters_in_one_file_are_refused_by_their_names()
    {
        PeftFolder.Copy(folder);
        PeftFolder.Change(folder, tensors =>
        {
            foreach (string key in tensors.Keys.ToArray())
            {
                foreach (string name in (string[])["cats", "dogs"]) tensors[key.Replace(".weight", $".{name}.weight", StringComparison.Ordinal)] = tensors[key];
                tensors.Remove(key);
            }
        });
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>().WithMessage("*the file holds several adapters, 'cats' and 'dogs'*");
    }

    [Theory]
    [InlineData("q_proj")]
    [InlineData("fc9")]
    public void A_target_that_no_layer_matches_is_a_warning(string idle)
    {
        PeftFolder.Copy(folder);
        PeftFolder.Set(folder, "target_modules", $"""["q_proj", "k_proj", "v_proj", "{idle}"]""");
        PeftFolder.Change(folder, tensors =>
        {
            foreach (string key in tensors.Keys.Where(key => key.Contains(idle, StringComparison.Ordinal)).ToArray()) tensors.Remove(key);
        });
        using var found = LoraAdapter.Load(folder.Path);
        found.Warnings.Distinct().Should().ContainSingle().Which.Should().StartWith($"'target_modules' names '{idle}");
    }

    [Theory]
    [InlineData("""["v_proj"]""")]
    [InlineData("\".*v_proj\"")]
    [InlineData("""["vit.layers.0.attention.v_proj", "vit.layers.1.attention.v_proj"]""")]
    public void A_target_that_is_excluded_is_expected_to_be_idle(string excluded)
    {
        PeftFolder.Copy(folder);
        PeftFolder.Set(folder, "target_modules", """["q_proj", "k_proj", "v_proj"]""");
        PeftFolder.Set(folder, "exclude_modules", excluded);
        PeftFolder.Change(folder, tensors =>
        {
            foreach (string key in tensors.Keys.Where(key => key.Contains("v_proj", StringComparison.Ordinal)).ToArray()) tensors.Remove(key);
        });
        using var found = LoraAdapter.Load(folder.Path);
        (found.Layers.Count, found.Warnings.Count).Should().Be((4, 0));
    }

    static void Rename(Dictionary<string, Tensor> tensors, string prefix, string adapter)
    {
        foreach (string key in tensors.Keys.ToArray())
        {
            string name = prefix + key[Prefix.Length..];
            if (adapter.Length > 0)
            {
                name = name.Replace("lora_A.weight", $"lora_A.{adapter}.weight", StringComparison.Ordinal).Replace("lora_B.weight", $"lora_B.{adapter}.weight", StringComparison.Ordinal)
                    .Replace("classifier.", $"classifier.modules_to_save.{adapter}.", StringComparison.Ordinal);
            }
            var tensor = tensors[key];
            tensors.Remove(key);
            tensors[name] = tensor;
        }
    }
}
