using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models;

public sealed class CheckpointFilesTests : IDisposable
{
    const string Index = "model.safetensors.index.json", First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors";
    const string Good = $$"""{"metadata": {"total_size": 12}, "weight_map": {"a": "{{First}}", "b": "{{First}}", "c": "{{Second}}"} }""";

    readonly DisposeScope scope = NewDisposeScope();
    readonly TemporaryFolder folder = new();

    public CheckpointFilesTests()
    {
        Write(First, ("a", [1]), ("b", [2, 3]));
        Write(Second, ("c", [4]));
        File.WriteAllText(folder.File(Index), Good);
    }

    public void Dispose()
    {
        folder.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void Shards_are_one_checkpoint()
    {
        using var files = CheckpointFiles.Open(folder.Path);
        files.Path.Should().Be(folder.File(Index));
        files.Names.Should().BeEquivalentTo("a", "b", "c");
        files.Find("b")!.Shape.Should().Equal(2);
        files.Find("b")!.Dtype.Should().Be(ScalarType.Float32);
        files.Find("d").Should().BeNull();
        files.PathOf("c").Should().Be(folder.File(Second));
        files.Read("b", ScalarType.Float32).data<float>().Should().Equal(2, 3);
        files.Read("c", ScalarType.Float64).data<double>().Should().Equal(4);
    }

    [Fact]
    public void A_model_in_shards_loads_as_the_single_file_does()
    {
        using var sharded = new TemporaryFolder();
        File.Copy(Fixture.Path("vit-hf", "config.json"), sharded.File("config.json"));
        var tensors = Fixture.Tensors("vit-hf", "model.safetensors");
        var halves = tensors.Keys.Order(StringComparer.Ordinal).Chunk(tensors.Count / 2 + 1).Select(names => names.ToDictionary(n => n, n => tensors[n])).ToArray();
        SafetensorsWriter.Write(sharded.File(First), halves[0]);
        SafetensorsWriter.Write(sharded.File(Second), halves[1]);
        File.WriteAllText(sharded.File(Index), $$"""{"weight_map": { {{string.Join(", ", halves.SelectMany((half, i) => half.Keys.Select(name => $"\"{name}\": \"{(i == 0 ? First : Second)}\"")))}} } }""");

        using var model = VisionTransformer.Load(sharded.Path);
        using var single = Fixture.Vit();

        foreach (var (name, parameter) in single.named_parameters()) model.get_parameter(name)!.ShouldBeIdentical(parameter, name);
    }

    [Fact]
    public void The_single_file_wins_over_an_index()
    {
        Write("model.safetensors", ("only", [1]));
        File.WriteAllText(folder.File(Index), "not even JSON");
        using var files = CheckpointFiles.Open(folder.Path);
        files.Names.Should().Equal("only");
    }

    [Theory]
    [InlineData(First, "\u002Fetc/passwd")]
    [InlineData(First, "/etc/model.safetensors")]
    [InlineData(First, "../model.safetensors")]
    [InlineData(First, "sub/model.safetensors")]
    [InlineData(First, "..\\\\model.safetensors")]
    [InlineData(First, "sub\\\\model.safetensors")]
    [InlineData(First, "\\u002e\\u002e\\u002fmodel.safetensors")]
    [InlineData(First, "C:model.safetensors")]
    [InlineData(First, "model.safetensors:stream.safetensors")]
    [InlineData(First, "..")]
    [InlineData(First, ".safetensors")]
    [InlineData(First, "")]
    [InlineData(First, "pytorch_model-00001-of-00002.bin")]
    [InlineData(First, "a\\u0000.safetensors")]
    public void A_shard_that_is_no_plain_file_name_is_refused(string from, string to)
    {
        File.WriteAllText(folder.File(Index), Good.Replace(from, to, StringComparison.Ordinal));
        Refused($"*{Index}: weight_map, tensor 'a': expected the plain name of a .safetensors file beside the index, found*");
    }

    [Theory]
    [InlineData("3", "*tensor 'a': expected a file's name, found Number*")]
    [InlineData("null", "*tensor 'a': expected a file's name, found Null*")]
    [InlineData("[\"x.safetensors\"]", "*tensor 'a': expected a file's name, found Array*")]
    [InlineData("\"x.safetensors\", \"\\u0061\": \"x.safetensors\"", "*not valid JSON*")]
    [InlineData("\"\\ud800.safetensors\"", "*surrogate*")]
    [InlineData("\"x.safetensors\", \"\": \"x.safetensors\"", "*a tensor name is empty*")]
    public void A_value_that_is_no_name_is_refused(string value, string message)
    {
        File.WriteAllText(folder.File(Index), $$"""{"weight_map": {"a": {{value}} } }""");
        Refused(message);
    }

    [Theory]
    [InlineData("{}", "*expected an object 'weight_map'*")]
    [InlineData("{\"weight_map\": []}", "*expected an object 'weight_map'*")]
    [InlineData("{\"weight_map\": {}}", "*weight_map is empty*")]
    [InlineData("[]", "*expected a JSON object, found Array*")]
    [InlineData("", "*empty*")]
    public void An_index_without_a_map_is_refused(string text, string message)
    {
        File.WriteAllText(folder.File(Index), text);
        Refused(message);
    }

    [Fact]
    public void An_index_longer_than_any_real_one_is_not_read()
    {
        using (var stream = File.Create(folder.File(Index))) stream.SetLength(1L << 40);
        Refused("*1099511627776 bytes long, expected at most 16777216*");
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        File.Delete(folder.File(Second));
        Refused($"*{Second}: the shard is missing, and {Index} names it*");
    }

    [Fact]
    public void A_tensor_absent_from_its_shard_is_named()
    {
        Write(First, ("a", [1]));
        Refused($"*{First}: tensor 'b' is missing, and {Index} says that this shard holds it.");
    }

    [Fact]
    public void A_tensor_in_another_shard_than_the_index_says_is_named()
    {
        Write(First, ("a", [1]));
        Write(Second, ("b", [2]), ("c", [4]));
        Refused($"*{First}: tensor 'b' is missing*it lies in {Second}*");
    }

    [Fact]
    public void A_tensor_in_two_shards_is_named()
    {
        Write(Second, ("a", [1]), ("c", [4]));
        Refused($"*{Second}: tensor 'a' lies in {First} too*");
    }

    [Fact]
    public void A_tensor_that_the_index_does_not_name_is_refused()
    {
        Write(Second, ("c", [4]), ("stranger", [1]));
        Refused($"*{Second}: tensor 'stranger' is not named by {Index}*");
    }

    [Fact]
    public void A_damaged_shard_is_refused_by_its_own_name()
    {
        File.WriteAllBytes(folder.File(Second), [1, 2, 3]);
        Refused($"*{Second}: expected at least 8 bytes*");
    }

    [Fact]
    public void A_link_is_followed_within_the_folder_and_refused_beyond_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        using var elsewhere = new TemporaryFolder();
        File.Move(folder.File(Second), folder.File("real.safetensors"));
        File.CreateSymbolicLink(folder.File(Second), "real.safetensors");
        using (var files = CheckpointFiles.Open(folder.Path)) files.Names.Should().Contain("c");

        File.Move(folder.File("real.safetensors"), elsewhere.File("real.safetensors"));
        File.CreateSymbolicLink(folder.File("real.safetensors"), elsewhere.File("real.safetensors"));
        Refused($"*{Second}: the shard is a link that leaves the folder*");
        using (var files = CheckpointFiles.Open(folder.Path, allowOutsideLinks: true)) files.Names.Should().Contain("c");
    }

    [Fact]
    public void A_folder_that_is_a_link_itself_is_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        using var elsewhere = new TemporaryFolder();
        Directory.CreateSymbolicLink(elsewhere.File("link"), folder.Path);
        using var files = CheckpointFiles.Open(elsewhere.File("link"));
        files.Names.Should().Contain("c");
    }

    [Fact]
    public void Links_in_a_circle_are_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        File.Delete(folder.File(Second));
        File.CreateSymbolicLink(folder.File(Second), "other.safetensors");
        File.CreateSymbolicLink(folder.File("other.safetensors"), Second);
        Refused($"*{Second}: the shard is missing*");
    }

    [Theory]
    [InlineData("pytorch_model.bin")]
    [InlineData("pytorch_model.bin.index.json")]
    [InlineData("model.pt")]
    [InlineData("model.PTH")]
    public void A_pickle_is_never_read_and_its_way_out_is_said(string name)
    {
        foreach (string file in Directory.GetFiles(folder.Path)) File.Delete(file);
        File.WriteAllText(folder.File(name), "");
        Refused($"*model.safetensors: the file is missing, and {name} is a pickle, which is never read*weights_only*safetensors.torch.save_file*");
    }

    [Fact]
    public void An_empty_folder_and_a_missing_one_are_refused()
    {
        foreach (string file in Directory.GetFiles(folder.Path)) File.Delete(file);
        Refused("*model.safetensors: the file is missing, and model.safetensors.index.json too*");
        FluentActions.Invoking(() => CheckpointFiles.Open(folder.File("none"))).Should().Throw<CheckpointException>().WithMessage("*none: the folder is missing*");
    }

    [Fact]
    public void A_folder_that_may_not_be_read_is_refused()
    {
        if (OperatingSystem.IsWindows()) throw Xunit.Sdk.SkipException.ForSkip("There are no such permissions there.");
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "The administrator may read everything.");
        File.SetUnixFileMode(folder.Path, UnixFileMode.None);
        Refused($"*{Path.GetFileName(folder.Path)}*");
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    void Refused(string message) => FluentActions.Invoking(() => CheckpointFiles.Open(folder.Path)).Should().Throw<ModelFileException>().WithMessage(message);

    void Write(string file, params (string Name, float[] Numbers)[] tensors) =>
        SafetensorsWriter.Write(folder.File(file), tensors.ToDictionary(t => t.Name, t => tensor(t.Numbers)));
}
