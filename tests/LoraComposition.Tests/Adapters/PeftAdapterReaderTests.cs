using LoraComposition.Files;
using LoraComposition.Tests.Files;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Adapters;

public sealed class PeftAdapterReaderTests : IDisposable
{
    const string Query = "vit.layers.0.attention.q_proj";
    const string QueryA = "base_model.model." + Query + ".lora_A.weight";
    const string QueryB = "base_model.model." + Query + ".lora_B.weight";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("vit-a", 4, 1)]
    [InlineData("vit-a-v4names", 4, 1)]
    [InlineData("vit-b", 4, 2)]
    [InlineData("vit-c", 8, 2)]
    [InlineData("vit-rslora", 4, 4)]
    public void Reads_ranks_and_scalings(string fixture, long rank, double scaling)
    {
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture(fixture));
        adapter.Name.Should().Be(fixture);
        adapter.BaseModel.Should().Be("vit-hf");
        adapter.Layers.Should().HaveCount(6);
        adapter.Layers.Values.Should().OnlyContain(d => d.Rank == rank && d.Scaling == scaling && d.InFeatures == 32 && d.OutFeatures == 32);
    }

    [Fact]
    public void Patterns_change_single_layers()
    {
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture("vit-pattern"), "p");
        adapter.Name.Should().Be("p");
        adapter.Layers.ToDictionary(pair => pair.Key, pair => (pair.Value.Rank, pair.Value.Scaling)).Should().Equal(new Dictionary<string, (long, double)>
        {
            ["vit.layers.0.attention.k_proj"] = (4, 2),
            [Query] = (2, 4),
            ["vit.layers.0.attention.v_proj"] = (4, 2),
            ["vit.layers.1.attention.k_proj"] = (4, 2),
            ["vit.layers.1.attention.q_proj"] = (4, 2),
            ["vit.layers.1.attention.v_proj"] = (4, 8),
        });
    }

    [Theory]
    [InlineData("""{"q_proj":8,"layers.0.attention.q_proj":16}""", 2, "the first match counts")]
    [InlineData("""{"proj":8}""", 1, "a key starts at a dot")]
    [InlineData("""{"layers.0":8}""", 1, "a key reaches the end")]
    [InlineData("""{".*_proj":2.5}""", 0.625, "a key is a pattern, an alpha may be fractional")]
    [InlineData("""{"^vit\\.layers\\.0\\.attention\\.q_proj":8}""", 2, "a key may ask for the start")]
    public void Alpha_patterns_follow_the_rule_of_peft(string pattern, double scaling, string because)
    {
        PeftFolder.Copy(folder);
        PeftFolder.Set(folder, "alpha_pattern", pattern);
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Layers[Query].Scaling.Should().Be(scaling, because);
    }

    [Fact]
    public void Both_spellings_of_the_layers_hold_the_same_numbers()
    {
        using var now = LoraAdapter.Load(PeftFolder.Fixture("vit-a"));
        using var before = LoraAdapter.Load(PeftFolder.Fixture("vit-a-v4names"));
        foreach (var (path, delta) in before.Layers)
        {
            var parts = path.Split('.');
            parts[^1].Should().BeOneOf("query", "key", "value");
            var same = now.Layers[$"vit.layers.{parts[3]}.attention.{parts[^1][0]}_proj"];
            (delta.A.Equals(same.A) && delta.B.Equals(same.B)).Should().BeTrue(path);
            delta.B.abs().sum().item<float>().Should().BeGreaterThan(0);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64)]
    public void Factors_become_single_precision(ScalarType dtype)
    {
        PeftFolder.Copy(folder);
        PeftFolder.Change(folder, tensors => tensors[QueryA] = full([4, 32], 1.5, dtype: dtype));
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Layers[Query].A.dtype.Should().Be(ScalarType.Float32);
        adapter.Layers[Query].A.data<float>().Should().OnlyContain(value => value == 1.5f);
    }

    [Fact]
    public void Accepts_keys_with_the_default_adapter_name()
    {
        PeftFolder.Copy(folder);
        PeftFolder.Change(folder, tensors =>
        {
            tensors.Remove(QueryA, out var a);
            tensors[QueryA.Replace(".weight", ".default.weight")] = a!;
        });
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Layers.Should().ContainKey(Query).And.HaveCount(6);
    }

    [Theory]
    [InlineData("target_modules", "\"all-linear\"")]
    [InlineData("target_modules", "\".*\\\\.(q|k|v)_proj\"")]
    [InlineData("target_modules", "[\"attention.q_proj\",\"k_proj\",\"v_proj\"]")]
    [InlineData("exclude_modules", "[\"classifier\"]")]
    [InlineData("init_lora_weights", "\"gaussian\"")]
    [InlineData("init_lora_weights", "false")]
    [InlineData("rank_pattern", "{\"q_proj\":2}")]
    [InlineData("r", "16")]
    [InlineData("lora_dropout", "0.1")]
    [InlineData("fan_in_fan_out", "true")]
    [InlineData("layers_to_transform", "[0,1]")]
    [InlineData("layers_to_transform", "[]")]
    [InlineData("layers_pattern", "[]")]
    [InlineData("layers_pattern", "\"\"")]
    [InlineData("modules_to_save", "[]")]
    [InlineData("use_bdlora", null)]
    [InlineData("a_setting_of_the_future", "null")]
    public void Accepts_settings_that_change_nothing(string setting, string? json)
    {
        PeftFolder.Copy(folder);
        PeftFolder.Set(folder, setting, json);
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Layers.Values.Should().OnlyContain(delta => delta.Rank == 4 && delta.Scaling == 1);
    }

    [Fact]
    public void The_adapter_does_not_depend_on_its_file()
    {
        PeftFolder.Copy(folder);
        using var adapter = LoraAdapter.Load(folder.Path);
        using var before = adapter.Layers[Query].A.clone();
        File.WriteAllBytes(folder.File("adapter_model.safetensors"), new byte[10]);
        adapter.Layers[Query].A.Equals(before).Should().BeTrue();
    }

    [Fact]
    public void Reads_all_adapters_of_a_folder_in_order()
    {
        foreach (var name in (string[])["vit-b", "vit-a", "B"])
        {
            Directory.CreateDirectory(folder.File(name));
            foreach (var file in Directory.GetFiles(PeftFolder.Fixture("vit-a"))) File.Copy(file, Path.Combine(folder.File(name), Path.GetFileName(file)));
        }
        Directory.CreateDirectory(folder.File("other"));
        var adapters = LoraAdapter.LoadAll(folder.Path);
        adapters.Select(adapter => adapter.Name).Should().Equal("B", "vit-a", "vit-b");
        foreach (var adapter in adapters) adapter.Dispose();
    }

    [Fact]
    public void Refuses_folders_without_adapters()
    {
        Loading(() => LoraAdapter.LoadAll(folder.Path)).WithMessage("*expected sub-folders with adapter_config.json, found none*");
        Loading(() => LoraAdapter.LoadAll(folder.File("missing"))).WithMessage("*does not exist*");
        Loading(() => LoraAdapter.Load(folder.File("missing"))).WithMessage("*does not exist*");
        Loading(() => LoraAdapter.Load(folder.Path)).WithMessage("*no adapter_config.json*");
        Loading(() => LoraAdapter.Load(Path.GetDirectoryName(PeftFolder.Fixture("vit-a"))!)).WithMessage("*holds several adapters*'reject-bias', 'reject-dora', *'vit-a'*");
    }

    [Fact]
    public void A_pickle_is_not_read()
    {
        PeftFolder.Copy(folder);
        File.Delete(folder.File("adapter_model.safetensors"));
        Loading(() => LoraAdapter.Load(folder.Path)).WithMessage("*holds no adapter_model.safetensors*");
        folder.Write("adapter_model.bin", [1]);
        Loading(() => LoraAdapter.Load(folder.Path)).WithMessage("*pickle*save_pretrained(folder, safe_serialization=True)*");
    }

    [Fact]
    public void Damaged_weights_are_refused_as_such()
    {
        PeftFolder.Copy(folder);
        folder.Write("adapter_model.safetensors", new byte[10]);
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<SafetensorsException>();
    }

    [Theory]
    [InlineData("misshaped", "*expected lora_A [rank, in]*found [5, 32] and [32, 4]*")]
    [InlineData("flat", "*expected lora_A [rank, in]*found [4] and [32, 4]*")]
    [InlineData("no rank", "*without empty sides, found [0, 32] and [32, 0]*")]
    [InlineData("integers", "*is Int32, expected a floating type*")]
    [InlineData("above single precision", "*lora_A.weight' holds NaN or infinite*")]
    [InlineData("unexpected", "*unexpected tensor 'base_model.model.classifier.weight'*")]
    [InlineData("unnamed", "*unexpected tensor 'base_model.model.lora_A.weight'*")]
    [InlineData("twice", "*has lora_A twice*")]
    [InlineData("not a target", "*layer 'vit.layers.0.mlp.fc1'*is not a target*")]
    public void Refuses_weights(string what, string message)
    {
        PeftFolder.Copy(folder);
        PeftFolder.Change(folder, tensors => Spoil(tensors, what));
        Loading(() => LoraAdapter.Load(folder.Path)).WithMessage(message);
    }

    static void Spoil(Dictionary<string, Tensor> tensors, string what)
    {
        switch (what)
        {
            case "misshaped": tensors[QueryA] = zeros(5, 32); break;
            case "flat": tensors[QueryA] = zeros(4); break;
            case "no rank": (tensors[QueryA], tensors[QueryB]) = (zeros(0, 32), zeros(32, 0)); break;
            case "integers": tensors[QueryA] = zeros(4, 32, dtype: int32); break;
            case "above single precision": tensors[QueryA] = full([4, 32], 1e300, dtype: float64); break;
            case "unexpected": tensors["base_model.model.classifier.weight"] = zeros(5, 32); break;
            case "unnamed": tensors["base_model.model.lora_A.weight"] = zeros(4, 32); break;
            case "twice": tensors[QueryA.Replace(".weight", ".default.weight")] = zeros(4, 32); break;
            case "not a target":
                tensors["base_model.model.vit.layers.0.mlp.fc1.lora_A.weight"] = zeros(4, 32);
                tensors["base_model.model.vit.layers.0.mlp.fc1.lora_B.weight"] = zeros(64, 4);
                break;
            default: throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }

    static FluentAssertions.Specialized.ExceptionAssertions<AdapterException> Loading(Action load) => load.Should().Throw<AdapterException>();
}
