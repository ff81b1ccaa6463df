using System.Text.Json;
using LoraComposition.Files;
using LoraComposition.Tests.Files;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Adapters;

public sealed class PeftAdapterWriterTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("vit-a")]
    [InlineData("vit-a-v4names")]
    [InlineData("vit-c")]
    [InlineData("vit-rslora")]
    [InlineData("vit-pattern")]
    [InlineData("vit-head")]
    [InlineData("vit-layers")]
    [InlineData("vit-regex")]
    [InlineData("vit-all-linear")]
    public void What_was_read_comes_back_exactly_and_in_the_same_bytes(string fixture)
    {
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture(fixture));
        adapter.Save(folder.File("once"));
        using var again = LoraAdapter.Load(folder.File("once"));
        IsSame(again, adapter);
        again.BaseModel.Should().Be("vit-hf");
        again.Save(folder.File("twice"));
        again.Save(folder.File("twice"));
        foreach (var file in (string[])["adapter_config.json", "adapter_model.safetensors"])
            File.ReadAllBytes(Path.Combine(folder.File("twice"), file)).Should().Equal(File.ReadAllBytes(Path.Combine(folder.File("once"), file)));
        Directory.GetFiles(folder.File("twice")).Should().HaveCount(2);
    }

    [Fact]
    public void The_weights_are_those_peft_wrote()
    {
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture("vit-a"));
        adapter.Save(folder.Path);
        File.ReadAllBytes(folder.File("adapter_model.safetensors")).Should().Equal(File.ReadAllBytes(Path.Combine(PeftFolder.Fixture("vit-a"), "adapter_model.safetensors")));
    }

    [Fact]
    public void The_configuration_has_the_settings_of_peft_in_its_order()
    {
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture("vit-a"));
        adapter.Save(folder.Path);
        using var ours = JsonDocument.Parse(File.ReadAllText(folder.File("adapter_config.json")));
        using var theirs = JsonDocument.Parse(File.ReadAllText(Path.Combine(PeftFolder.Fixture("vit-a"), "adapter_config.json")));
        ours.RootElement.EnumerateObject().Select(setting => setting.Name).Should().Equal(theirs.RootElement.EnumerateObject().Select(setting => setting.Name));
        foreach (var setting in theirs.RootElement.EnumerateObject().Where(setting => setting.Name is not ("auto_mapping" or "peft_version" or "target_modules")))
            ours.RootElement.GetProperty(setting.Name).GetRawText().Should().Be(setting.Value.GetRawText(), setting.Name);
        ours.RootElement.GetProperty("target_modules").EnumerateArray().Select(name => name.GetString()).Should().Equal(adapter.Layers.Keys);
    }

    [Fact]
    public void Mixed_ranks_and_scalings_become_patterns()
    {
        using var adapter = new LoraAdapter("mixed",
        [
            new("q", Delta(2, 1)),
            new("a.q", Delta(2, 1.5)),
            new("a.b.q", Delta(3, 1.0 / 3)),
            new("a.b+c.q", Delta(2, 1.5)),
            new("x-1.q", Delta(5, -2)),
        ]);
        adapter.Save(folder.Path);
        var config = File.ReadAllText(folder.File("adapter_config.json"));
        config.Should().Contain("\"lora_alpha\": 3,").And.Contain("\"r\": 2,").And.Contain("\"^x\\\\-1\\\\.q\": -10").And.Contain("\"base_model_name_or_path\": null");
        using var again = LoraAdapter.Load(folder.Path);
        IsSame(again, adapter);
    }

    [Fact]
    public void Scalings_from_any_alpha_and_rank_come_back_bit_for_bit()
    {
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var rank = random.Next(1, 12);
            var alpha = i % 2 == 0 ? random.Next(1, 100) : random.NextDouble() * 50;
            using var config = JsonDocument.Parse(PeftConfigWriter.Format([new("layer", rank, alpha / rank)], null, null, []));
            var written = config.RootElement.GetProperty("lora_alpha");
            (written.GetDouble() / rank).Should().Be(alpha / rank);
            if (i % 2 == 0) written.GetRawText().Should().Be($"{alpha}");
        }
    }

    [Fact]
    public void An_adapter_can_be_saved_over_its_own_files()
    {
        PeftFolder.Copy(folder, "vit-b");
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Save(folder.Path);
        using var again = LoraAdapter.Load(folder.Path);
        IsSame(again, adapter);
    }

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void The_file_can_hold_16_bit_numbers(ScalarType dtype)
    {
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture("vit-head"));
        adapter.Save(folder.Path, new AdapterSaveOptions { Dtype = dtype });
        using (var file = SafetensorsFile.Open(folder.File("adapter_model.safetensors"))) file.Tensors.Values.Should().HaveCount(14).And.OnlyContain(tensor => tensor.Dtype == dtype);
        using var again = LoraAdapter.Load(folder.Path);
        foreach (var (layer, delta) in adapter.Layers) again.Layers[layer].A.allclose(delta.A, rtol: 0.01).Should().BeTrue(layer);
        adapter.Layers.Values.Should().OnlyContain(delta => delta.A.dtype == ScalarType.Float32, "the adapter itself is not changed");
    }

    [Fact]
    public void Numbers_too_large_for_the_type_and_other_types_are_refused()
    {
        using var adapter = new LoraAdapter("large", [new("layer", new LoraDelta(full([1, 3], 1e5f), zeros(4, 1), 1))]);
        adapter.Invoking(a => a.Save(folder.Path, new AdapterSaveOptions { Dtype = ScalarType.Float16 })).Should().Throw<ArgumentException>().WithMessage("*lora_A.weight' holds numbers that are too large for Float16*");
        adapter.Invoking(a => a.Save(folder.Path, new AdapterSaveOptions { Dtype = ScalarType.Int8 })).Should().Throw<ArgumentException>().WithMessage("*as Int8*");
        Directory.GetFiles(folder.Path).Should().BeEmpty();
        adapter.Save(folder.Path, new AdapterSaveOptions { Dtype = ScalarType.BFloat16 });
    }

    static LoraDelta Delta(long rank, double scaling) =>
        new(arange(rank * 3, dtype: float32).view(rank, 3), arange(rank * 4, dtype: float32).view(4, rank), scaling);

    static void IsSame(LoraAdapter actual, LoraAdapter expected)
    {
        actual.Warnings.Should().BeEmpty();
        actual.Layers.Keys.Should().Equal(expected.Layers.Keys);
        foreach (var (layer, delta) in expected.Layers)
        {
            var other = actual.Layers[layer];
            other.Scaling.Should().Be(delta.Scaling, layer);
            (other.A.Equals(delta.A) && other.B.Equals(delta.B)).Should().BeTrue(layer);
        }
    }
}
