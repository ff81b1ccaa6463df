using LoraComposition.Models;
using LoraComposition.Tests.Support;

namespace LoraComposition.Tests.Models;

/// <summary>What is copied beside the weights, through the models that ask for it.</summary>
public sealed class CompanionFilesTests : IDisposable
{
    static readonly string[] all =
        ["preprocessor_config.json", "spiece.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json", "README.md", "pytorch_model.bin", "config.json"];

    readonly TemporaryFolder from = new();
    readonly TemporaryFolder to = new();

    public void Dispose()
    {
        from.Dispose();
        to.Dispose();
    }

    [Theory]
    [InlineData("vit-hf", "preprocessor_config.json")]
    [InlineData("t5-flan", "spiece.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json")]
    public void A_model_takes_what_its_family_needs_and_nothing_else(string name, params string[] taken)
    {
        foreach (string file in all) File.WriteAllText(from.File(file), $"content of {file}");

        Save(name);

        Written().Should().BeEquivalentTo([.. taken, "config.json", "model.safetensors"]);
        foreach (string file in taken) File.ReadAllText(to.File(file)).Should().Be($"content of {file}");
        File.ReadAllText(to.File("config.json")).Should().Contain("model_type");
    }

    [Theory]
    [InlineData("vit-hf")]
    [InlineData("t5-flan")]
    public void What_is_not_there_is_not_needed(string name)
    {
        Save(name);
        Written().Should().BeEquivalentTo("config.json", "model.safetensors");
    }

    [Fact]
    public void A_link_that_leaves_the_folder_is_refused_before_anything_is_written()
    {
        using var secrets = new TemporaryFolder();
        File.WriteAllText(secrets.File("key"), "secret");
        File.CreateSymbolicLink(from.File("spiece.model"), secrets.File("key"));
        Refused("*spiece.model: the file is a link that leaves the folder, to *key; copy the file there.");
    }

    [Fact]
    public void The_links_of_a_hub_cache_are_followed()
    {
        string snapshot = from.File("models--google--tiny/snapshots/1234"), blobs = from.File("models--google--tiny/blobs");
        Directory.CreateDirectory(snapshot);
        Directory.CreateDirectory(blobs);
        File.WriteAllText(Path.Combine(blobs, "abcd"), "pieces");
        File.CreateSymbolicLink(Path.Combine(snapshot, "spiece.model"), Path.Combine("..", "..", "blobs", "abcd"));

        Save("t5-flan", snapshot);

        File.ReadAllText(to.File("spiece.model")).Should().Be("pieces");
        new FileInfo(to.File("spiece.model")).LinkTarget.Should().BeNull();
    }

    [Fact]
    public void A_file_too_long_to_be_one_is_refused()
    {
        using (var file = File.Create(from.File("tokenizer.json"))) file.SetLength((64 << 20) + 1);
        Refused("*tokenizer.json: the file is 67108865 bytes long, expected at most 67108864.");
    }

    [Fact]
    public void A_missing_folder_is_refused() => Refused("*none: the folder is missing*", from.File("none"));

    void Save(string name, string? companions = null)
    {
        using var model = BaseModel.Load(Fixture.Path(name));
        model.Save(to.Path, new CheckpointSaveOptions { CompanionsFrom = companions ?? from.Path });
    }

    void Refused(string message, string? companions = null)
    {
        FluentActions.Invoking(() => Save("t5-flan", companions)).Should().Throw<CheckpointException>().WithMessage(message);
        Written().Should().BeEmpty();
    }

    IEnumerable<string?> Written() => Directory.GetFileSystemEntries(to.Path).Select(Path.GetFileName);
}
