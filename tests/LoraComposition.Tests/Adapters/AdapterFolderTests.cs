using LoraComposition.Tests.Files;
using LoraComposition.Tests.Support;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Adapters;

/// <summary>Adapters in sub-folders, as PEFT writes those with a name, and links.</summary>
public sealed class AdapterFolderTests : IDisposable
{
    static readonly string[] files = ["adapter_config.json", "adapter_model.safetensors"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_single_sub_folder_is_found_and_names_the_adapter()
    {
        Put("eurosat");
        Directory.CreateDirectory(folder.File("logs"));
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Name.Should().Be("eurosat");
        using var named = LoraAdapter.Load(folder.Path + "/", "mine");
        named.Name.Should().Be("mine");
    }

    [Fact]
    public void Of_several_one_must_be_chosen()
    {
        Put("b");
        Put("a");
        Refuses(() => LoraAdapter.Load(folder.Path), "*several adapters*: 'a', 'b'.");
        Put("");
        using var outer = LoraAdapter.Load(folder.Path);
        outer.Name.Should().Be(Path.GetFileName(folder.Path), "a configuration in the folder itself counts first");
    }

    [Fact]
    public void All_are_found_one_folder_further_down_too()
    {
        Put("y/default2");
        Put("x");
        Put("x/ignored");
        Directory.CreateDirectory(folder.File("z/empty"));
        var adapters = LoraAdapter.LoadAll(folder.Path);
        adapters.Select(adapter => adapter.Name).Should().Equal("x", "y");
        foreach (var adapter in adapters) adapter.Dispose();

        Put("y/second");
        Refuses(() => LoraAdapter.LoadAll(folder.Path), "*y: the folder holds several adapters*'default2', 'second'*");
    }

    [Fact]
    public void Leftovers_of_killed_runs_and_hidden_folders_are_no_adapters()
    {
        Put("x");
        foreach (string name in (string[])[".abcdefgh.xyz.tmp", ".hidden", "y-0123456789ab.0123456789abcdef0123456789abcdef.partial"])
        {
            Put(name);
            Put($"x2/{name}");
        }
        Put("x2/only");

        using var adapters = LoraAdapter.LoadAll(folder.Path);
        adapters.Select(adapter => adapter.Name).Should().Equal("x", "x2");
        using var inner = LoraAdapter.Load(folder.File("x2"));
        inner.Name.Should().Be("only");

        Directory.Delete(folder.File("x"), recursive: true);
        Directory.Delete(folder.File("x2"), recursive: true);
        Refuses(() => LoraAdapter.LoadAll(folder.Path), "*found none*");
        using var asked = LoraAdapter.Load(folder.File(".hidden"));
    }

    [Fact]
    public void Keys_may_hold_the_name_of_the_sub_folder_or_another()
    {
        Put("eurosat");
        Rename(".weight", ".eurosat.weight");
        using var plain = LoraAdapter.Load(PeftFolder.Fixture("vit-a"));
        foreach (string name in (string[])["eurosat", "other"])
        {
            if (name == "other") Directory.Move(folder.File("eurosat"), folder.File(name));
            using var adapter = LoraAdapter.Load(folder.Path);
            adapter.Layers.Keys.Should().Equal(plain.Layers.Keys);
            adapter.Layers.First().Value.A.ShouldBeIdentical(plain.Layers.First().Value.A);
        }
    }

    [Theory]
    [InlineData("adapter_config.json")]
    [InlineData("adapter_model.safetensors")]
    public void A_file_that_is_a_link_to_elsewhere_is_refused_unless_allowed(string file)
    {
        using var elsewhere = new TemporaryFolder();
        Put("a");
        File.Move(folder.File("a/" + file), elsewhere.File("blob"));
        File.CreateSymbolicLink(folder.File("a/" + file), elsewhere.File("blob"));
        Refuses(() => LoraAdapter.Load(folder.File("a")), $"*{file}: a link leads to '*blob', outside the folder*AllowOutsideLinks*");
        Refuses(() => LoraAdapter.LoadAll(folder.Path), "*outside the folder*");
        using var allowed = LoraAdapter.Load(folder.File("a"), options: new AdapterLoadOptions { AllowOutsideLinks = true });
        allowed.Layers.Should().HaveCount(6);
    }

    [Fact]
    public void A_sub_folder_that_is_a_link_to_elsewhere_is_refused()
    {
        Directory.CreateSymbolicLink(folder.File("a"), Path.GetFullPath(PeftFolder.Fixture("vit-a")));
        Refuses(() => LoraAdapter.Load(folder.Path), "*outside the folder*");
        Refuses(() => LoraAdapter.LoadAll(folder.Path), "*outside the folder*");
    }

    [Fact]
    public void Links_inside_the_folder_and_to_the_folder_are_followed()
    {
        Put("real");
        Directory.CreateSymbolicLink(folder.File("link"), folder.File("real"));
        var adapters = LoraAdapter.LoadAll(folder.Path);
        adapters.Select(adapter => adapter.Name).Should().Equal("link", "real");
        foreach (var each in adapters) each.Dispose();
        // The folder that is given may itself be a link: the caller chose it.
        using var adapter = LoraAdapter.Load(folder.File("link"));
        adapter.Layers.Should().HaveCount(6);
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_refused()
    {
        Put("a");
        File.Delete(folder.File("a/adapter_model.safetensors"));
        File.CreateSymbolicLink(folder.File("a/adapter_model.safetensors"), folder.File("nowhere"));
        FluentActions.Invoking(() => LoraAdapter.Load(folder.Path)).Should().Throw<ModelFileException>();
    }

    void Put(string name)
    {
        Directory.CreateDirectory(folder.File(name));
        foreach (var file in files) File.Copy(Path.Combine(PeftFolder.Fixture("vit-a"), file), Path.Combine(folder.File(name), file));
    }

    void Rename(string from, string to) => PeftFolder.Change(folder.File("eurosat"), tensors =>
    {
        foreach (var key in tensors.Keys.ToList())
        {
            tensors.Remove(key, out var tensor);
            tensors[key.Replace(from, to)] = tensor!;
        }
    });

    static void Refuses(Action load, string message) => load.Should().Throw<AdapterException>().WithMessage(message);
}
