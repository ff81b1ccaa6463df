using LoraComposition.Tests.Files;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Adapters;

public sealed class SavedHeadTests : IDisposable
{
    const string Weight = "base_model.model.classifier.weight", Bias = "base_model.model.classifier.bias";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void It_is_read_and_written_again_as_peft_writes_it()
    {
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture("vit-head"));
        (adapter.Head!.ClassCount, adapter.Head.InFeatures).Should().Be((5, 32));
        adapter.Layers.Should().HaveCount(6).And.NotContainKey("classifier");
        adapter.Warnings.Should().BeEmpty();

        adapter.Save(folder.Path);
        File.ReadAllBytes(folder.File("adapter_model.safetensors")).Should().Equal(File.ReadAllBytes(Path.Combine(PeftFolder.Fixture("vit-head"), "adapter_model.safetensors")));
        File.ReadAllText(folder.File("adapter_config.json")).Should().Contain("  \"modules_to_save\": [\n    \"classifier\"\n  ],\n");
        using var again = LoraAdapter.Load(folder.Path);
        again.Head!.Weight.ShouldBeIdentical(adapter.Head.Weight);
        again.Head.Bias!.ShouldBeIdentical(adapter.Head.Bias!);
    }

    [Theory]
    [InlineData(".modules_to_save.default")]
    [InlineData(".modules_to_save")]
    public void It_is_read_under_the_names_of_other_tools(string middle)
    {
        PeftFolder.Copy(folder, "vit-head");
        Rename(Weight, Weight.Replace(".weight", middle + ".weight"));
        Rename(Bias, Bias.Replace(".bias", middle + ".bias"));
        using var adapter = LoraAdapter.Load(folder.Path);
        using var plain = LoraAdapter.Load(PeftFolder.Fixture("vit-head"));
        adapter.Head!.Weight.ShouldBeIdentical(plain.Head!.Weight);
        adapter.Head.Bias!.ShouldBeIdentical(plain.Head.Bias!);
    }

    [Fact]
    public void It_may_have_no_bias()
    {
        PeftFolder.Copy(folder, "vit-head");
        PeftFolder.Change(folder, tensors => tensors.Remove(Bias));
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Head!.Bias.Should().BeNull();
        adapter.Save(folder.File("again"));
        using var again = LoraAdapter.Load(folder.File("again"));
        again.Head!.Bias.Should().BeNull();
    }

    [Fact]
    public void A_list_of_targets_may_name_it_too()
    {
        PeftFolder.Copy(folder, "vit-head");
        PeftFolder.Set(folder, "target_modules", "[\"q_proj\",\"k_proj\",\"v_proj\",\"classifier\"]");
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Head.Should().NotBeNull();
    }

    [Fact]
    public void The_second_name_that_peft_lists_by_itself_is_passed_over()
    {
        PeftFolder.Copy(folder, "vit-head");
        PeftFolder.Set(folder, "modules_to_save", "[\"classifier\",\"score\"]");
        using (var adapter = LoraAdapter.Load(folder.Path)) adapter.Head.Should().NotBeNull();
        PeftFolder.Change(folder, tensors => tensors["base_model.model.score.weight"] = zeros(5, 32));
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>().WithMessage("*unexpected tensor 'base_model.model.score.weight'*");
    }

    [Theory]
    [InlineData("no weight", "*file holds no 'base_model.model.classifier.weight'*")]
    [InlineData("misshaped", "*classifier.weight': expected [classes, d], found [32]*")]
    [InlineData("other bias", "*classifier.bias': expected [5], found [4]*")]
    [InlineData("twice", "*head's weight is there twice*")]
    [InlineData("integers", "*classifier.weight' is Int64*")]
    [InlineData("NaN", "*classifier.bias' holds NaN*")]
    [InlineData("adapted", "*layer 'classifier'*is not a target*modules_to_save*")]
    public void Refuses(string what, string message)
    {
        PeftFolder.Copy(folder, "vit-head");
        PeftFolder.Set(folder, "target_modules", "\"all-linear\"");
        PeftFolder.Change(folder, tensors => Spoil(tensors, what));
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>().WithMessage(message);
    }

    [Fact]
    public void A_head_that_the_configuration_does_not_name_is_refused()
    {
        PeftFolder.Copy(folder, "vit-head");
        PeftFolder.Set(folder, "modules_to_save", "null");
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<AdapterException>().WithMessage("*unexpected tensor '*'; it is a saved head, so name 'classifier' in modules_to_save*");
    }

    [Fact]
    public void Composing_leaves_it_alone()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture("vit-head"));
        using var before = model.Classifier!.weight!.clone();
        using var composition = Composition.AttachUniform(model, [adapter]);
        model.Classifier.weight!.ShouldBeIdentical(before);
        composition.Layers.Should().HaveCount(6);
        using var exported = composition.ToAdapter("c");
        exported.Head.Should().BeNull();
    }

    [Fact]
    public void A_head_both_adapted_and_saved_is_not_written()
    {
        using var both = new LoraAdapter("both", [new("classifier", SmallLayers.Delta(4, 3, 1, 1, 1))]) { Head = new SavedHead(zeros(3, 4), null) };
        both.Invoking(a => a.Save(folder.Path)).Should().Throw<ArgumentException>().WithMessage("*'both' both adapts 'classifier'*");
        Directory.GetFiles(folder.Path).Should().BeEmpty();
    }

    static void Spoil(Dictionary<string, Tensor> tensors, string what)
    {
        switch (what)
        {
            case "no weight": tensors.Remove(Weight); break;
            case "misshaped": tensors[Weight] = zeros(32); break;
            case "other bias": tensors[Bias] = zeros(4); break;
            case "twice": tensors[Weight.Replace(".weight", ".modules_to_save.weight")] = zeros(5, 32); break;
            case "integers": tensors[Weight] = zeros(5, 32, dtype: int64); break;
            case "NaN": tensors[Bias] = full(5, float.NaN); break;
            case "adapted":
                tensors["base_model.model.classifier.lora_A.weight"] = zeros(4, 32);
                tensors["base_model.model.classifier.lora_B.weight"] = zeros(5, 4);
                break;
            default: throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }

    void Rename(string from, string to) => PeftFolder.Change(folder, tensors =>
    {
        tensors.Remove(from, out var tensor);
        tensors[to] = tensor!;
    });
}
