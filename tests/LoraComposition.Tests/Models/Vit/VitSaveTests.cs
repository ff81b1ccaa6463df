using System.Text.Json;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

public sealed class VitSaveTests : IDisposable
{
    const string Index = "model.safetensors.index.json";

    readonly DisposeScope scope = NewDisposeScope();
    readonly TemporaryFolder folder = new();
    readonly VisionTransformer model = Fixture.Vit();

    public void Dispose()
    {
        model.Dispose();
        folder.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void By_default_one_file_holds_the_reference_tensors()
    {
        model.Save(folder.Path);
        Files().Should().Equal("config.json", "model.safetensors");
        using var written = SafetensorsFile.Open(folder.File("model.safetensors"));
        var reference = Fixture.Tensors("vit-hf", "model.safetensors");
        written.Tensors.Keys.Should().BeEquivalentTo(reference.Keys);
        foreach (string name in reference.Keys) written.Read(name).ShouldBeIdentical(reference[name], name);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void The_type_in_the_file_is_the_one_asked_for(ScalarType dtype)
    {
        model.Save(folder.Path, new CheckpointSaveOptions { Dtype = dtype });
        using var written = SafetensorsFile.Open(folder.File("model.safetensors"));
        var reference = Fixture.Tensors("vit-hf", "model.safetensors");
        foreach (string name in reference.Keys) written.Read(name).ShouldBeIdentical(reference[name].to(dtype), name);
        model.parameters().Should().OnlyContain(p => p.dtype == ScalarType.Float32);
    }

    [Fact]
    public void Shards_hold_at_most_what_was_asked_for_and_load_as_the_same_model()
    {
        model.Save(folder.Path, new CheckpointSaveOptions { MaxShardBytes = 30_000 });

        Files().Should().Equal("config.json", "model-00001-of-00004.safetensors", "model-00002-of-00004.safetensors", "model-00003-of-00004.safetensors", "model-00004-of-00004.safetensors", Index);
        long total = 0;
        foreach (string file in Files().Where(name => name.StartsWith("model-", StringComparison.Ordinal)))
        {
            using var shard = SafetensorsFile.Open(folder.File(file));
            shard.Metadata.Should().Contain("format", "pt");
            long bytes = shard.Tensors.Values.Sum(t => t.ByteLength);
            bytes.Should().BeInRange(1, 30_000);
            total += bytes;
        }
        using var index = JsonDocument.Parse(File.ReadAllText(folder.File(Index)));
        index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64().Should().Be(total).And.Be(model.parameters().Sum(p => 4 * p.numel()));
        using var loaded = VisionTransformer.Load(folder.Path);
        foreach (var (name, parameter) in model.named_parameters()) loaded.get_parameter(name)!.ShouldBeIdentical(parameter, name);
    }

    [Fact]
    public void Shards_and_index_are_the_same_bytes_each_time()
    {
        using var other = new TemporaryFolder();
        var options = new CheckpointSaveOptions { MaxShardBytes = 30_000, Dtype = ScalarType.BFloat16 };
        model.Save(folder.Path, options);
        model.Save(other.Path, options);
        foreach (string file in Files()) File.ReadAllBytes(other.File(file)).Should().Equal(File.ReadAllBytes(folder.File(file)), file);
        File.ReadAllText(folder.File(Index)).Should().StartWith("{\n  \"metadata\": {\n    \"total_size\": ").And.EndWith("\"\n  }\n}\n");
    }

    [Fact]
    public void The_limit_counts_the_bytes_in_the_file()
    {
        model.Save(folder.Path, new CheckpointSaveOptions { MaxShardBytes = model.parameters().Sum(p => 2 * p.numel()), Dtype = ScalarType.Float16 });
        Files().Should().Equal("config.json", "model.safetensors");
    }

    [Fact]
    public void A_tensor_larger_than_a_shard_gets_its_own()
    {
        model.Save(folder.Path, new CheckpointSaveOptions { MaxShardBytes = 1 });
        Files().Where(name => name.StartsWith("model-", StringComparison.Ordinal)).Should().HaveCount(model.parameters().Count());
        using var loaded = VisionTransformer.Load(folder.Path);
        loaded.Classifier!.weight!.ShouldBeIdentical(model.Classifier!.weight!);
    }

    [Fact]
    public void Shards_replace_an_older_single_file_that_would_win_over_them()
    {
        model.Save(folder.Path);
        using (no_grad()) model.Classifier!.bias!.fill_(7);
        model.Save(folder.Path, new CheckpointSaveOptions { MaxShardBytes = 50_000 });
        Files().Should().NotContain("model.safetensors");
        using var loaded = VisionTransformer.Load(folder.Path);
        loaded.Classifier!.bias!.data<float>().Should().AllBeEquivalentTo(7f);
    }

    [Fact]
    public void A_model_can_be_saved_over_the_files_it_was_loaded_from()
    {
        model.Save(folder.Path, new CheckpointSaveOptions { MaxShardBytes = 50_000 });
        using var loaded = VisionTransformer.Load(folder.Path);
        using (no_grad()) loaded.Classifier!.bias!.fill_(7);
        loaded.Save(folder.Path, new CheckpointSaveOptions { MaxShardBytes = 50_000 });
        using var again = VisionTransformer.Load(folder.Path);
        foreach (var (name, parameter) in loaded.named_parameters()) again.get_parameter(name)!.ShouldBeIdentical(parameter, name);
    }

    [Theory]
    [InlineData(ScalarType.Int32, null, 1f, "*cannot be saved as Int32*")]
    [InlineData(null, 0L, 1f, "*at least one byte*")]
    [InlineData(ScalarType.Float16, null, 70_000f, "*'classifier.bias' holds 70000, which is too large for Float16*")]
    [InlineData(ScalarType.Float16, null, -70_000f, "*'classifier.bias' holds -70000*")]
    public void What_cannot_be_written_is_refused_before_anything_is(ScalarType? dtype, long? most, float number, string message)
    {
        using (no_grad()) model.Classifier!.bias!.fill_(number);
        FluentActions.Invoking(() => model.Save(folder.Path, new CheckpointSaveOptions { Dtype = dtype, MaxShardBytes = most })).Should().Throw<ArgumentException>().WithMessage(message);
        Files().Should().BeEmpty();
    }

    string[] Files() => [.. Directory.GetFiles(folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
