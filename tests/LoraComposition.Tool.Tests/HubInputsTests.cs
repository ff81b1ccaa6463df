using LoraComposition.FewShot.Tests.Hub;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Tool.Tests;

/// <summary>The environment belongs to the process, as the console does; these tests run one at a time.</summary>
public sealed class HubInputsTests : IDisposable
{
    static readonly string[] variables = ["HF_ENDPOINT", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN"];

    readonly string?[] before = [.. variables.Select(Environment.GetEnvironmentVariable)];
    readonly TemporaryFolder folder = new();
    readonly LocalHub hub = new();

    public HubInputsTests()
    {
        foreach (string path in Directory.GetFiles(Reference.Base)) hub.Files[Path.GetFileName(path)] = File.ReadAllBytes(path);
        (string, string?)[] settings = [("HF_ENDPOINT", hub.Address), ("HF_HUB_CACHE", folder.Path), ("HF_HUB_OFFLINE", null), ("HF_TOKEN", null)];
        foreach (var (name, value) in settings) Environment.SetEnvironmentVariable(name, value);
    }

    [Fact]
    public async Task ABaseOnTheHubIsFetchedOnceAndUsedLikeAFolder()
    {
        string[] arguments = ["check", "--base", LocalHub.Repository, "--adapter", Reference.Adapter("vit-a")];

        var (code, text, errors) = await CommandLine.RunAsync(arguments);

        code.Should().Be(0, string.Join("\n", errors));
        text.Should().Contain("vit-a: fits.");
        errors.Should().ContainSingle().Which.Should().StartWith($"{LocalHub.Repository}: fetching commit ");

        hub.Requests.Clear();
        (await CommandLine.RunAsync([.. arguments, "--offline"])).Code.Should().Be(0);
        (await CommandLine.RunAsync("inspect", LocalHub.Repository)).Code.Should().Be(0);
        hub.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task AnAdapterOnTheHubIsComposedUnderItsOwnName()
    {
        hub.Files.Clear();
        foreach (string path in Directory.GetFiles(Reference.Adapter("vit-a"))) hub.Files[Path.GetFileName(path)] = File.ReadAllBytes(path);

        var (code, text, errors) = await CommandLine.RunAsync("compose", "--base", Reference.Base, "--adapter", LocalHub.Repository, Reference.Adapter("vit-b"), "--out", folder["composed"]);

        code.Should().Be(0, string.Join("\n", errors));
        text.Should().Contain("some-vit").And.NotContain(LocalHub.Commit);
    }

    [Fact]
    public async Task OfflineIsOneLineWithWhatToDo()
    {
        var (code, output, errors) = await CommandLine.RunAsync("check", "--base", "google/vit", "--adapter", Reference.Adapter("vit-a"), "--offline");

        (code, output).Should().Be((1, ""));
        errors.Should().ContainSingle().Which.Should().StartWith("google/vit: ").And.Contain(folder.Path).And.Contain("run once without");
        hub.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task WithoutANetworkItIsOneLineWithWhatToDo()
    {
        Environment.SetEnvironmentVariable("HF_ENDPOINT", "http://127.0.0.1:9");

        var (code, _, errors) = await CommandLine.RunAsync("compose", "--base", Reference.Base, "--adapter", "user/name", "--out", folder["out"]);

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().StartWith("user/name: ").And.Contain("cannot reach http://127.0.0.1:9").And.EndWith("connect to the network, set HF_ENDPOINT, or give a local folder.");
    }

    public void Dispose()
    {
        foreach (var (name, value) in variables.Zip(before)) Environment.SetEnvironmentVariable(name, value);
        hub.Dispose();
        folder.Dispose();
    }
}
