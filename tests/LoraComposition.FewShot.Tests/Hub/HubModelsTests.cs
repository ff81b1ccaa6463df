using System.Text;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Hub;

public sealed class HubModelsTests : IDisposable
{
    const string Weights = "model.safetensors";

    readonly LocalHub hub = new();
    readonly TemporaryFolder cache = new();
    readonly List<TimeSpan> waits = [];
    readonly byte[] weights = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * i >> 3))];

    public HubModelsTests()
    {
        hub.Files["config.json"] = Encoding.UTF8.GetBytes("""{"model_type": "vit"}""");
        hub.Files["preprocessor_config.json"] = "{}"u8.ToArray();
        hub.Files[Weights] = weights;
    }

    string Folder => Path.Combine(cache.Path, "models--someone--some-vit");

    string Snapshot => Path.Combine(Folder, "snapshots", LocalHub.Commit);

    string Blob => Path.Combine(Folder, "blobs", LocalHub.HashOf(weights));

    [Fact]
    public void AModelIsFetchedOnceIntoTheLayoutOfTheHubsClient()
    {
        string folder = Resolve();

        folder.Should().Be(Snapshot);
        Directory.GetFiles(folder).Select(Path.GetFileName).Should().BeEquivalentTo(["config.json", "preprocessor_config.json", Weights]);
        File.ReadAllBytes(Path.Combine(folder, Weights)).Should().Equal(weights);
        File.ReadAllBytes(Blob).Should().Equal(weights);
        File.ReadAllText(Path.Combine(Folder, "refs", "main")).Should().Be(LocalHub.Commit);
        File.Exists(Path.Combine(Folder, ".no_exist", LocalHub.Commit, "spiece.model")).Should().BeTrue();
        Leftovers().Should().BeEmpty();

        hub.Requests.Clear();
        Resolve().Should().Be(folder);
        hub.Requests.Should().BeEmpty("the cache holds it whole");
    }

    [Fact]
    public void WhatTheHubsClientLeftIsUsedWithoutARequest()
    {
        Cached("config.json", "preprocessor_config.json", Weights);

        Resolve().Should().Be(Snapshot);
        Resolve($"{LocalHub.Repository}@{LocalHub.Commit}").Should().Be(Snapshot);
        hub.Requests.Should().BeEmpty();
    }

    [Fact]
    public void TheProgressCountsTheBytes()
    {
        var shown = new ByteProgress();

        Resolve(progress: shown);

        shown.Work.Should().Contain(("someone/some-vit model.safetensors", weights.Length, weights.Length));
        shown.Lines.Should().ContainSingle().Which.Should().Contain(hub.Address).And.Contain(LocalHub.Commit[..12]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatWasCutOffIsGoneOnWithByTheNextRun(bool ignoresRanges)
    {
        hub.CutAfter = 100_000;
        FluentActions.Invoking(() => Resolve(options: hub.Options(cache.Path) with { Attempts = 1 })).Should().Throw<HubException>().WithMessage("*cut*Run again*");

        long come = new FileInfo(Blob + ".incomplete").Length;
        come.Should().BePositive().And.BeLessThan(weights.Length);
        File.Exists(Blob).Should().BeFalse();
        File.Exists(Path.Combine(Snapshot, Weights)).Should().BeFalse();
        File.Exists(Path.Combine(Folder, "refs", "main")).Should().BeFalse();

        (hub.CutAfter, hub.IgnoresRanges) = (null, ignoresRanges);
        hub.Requests.Clear();
        File.ReadAllBytes(Path.Combine(Resolve(), Weights)).Should().Equal(weights);
        hub.Requests.Should().Contain(request => request.Line.StartsWith($"GET /{Weights}") && request.Range == $"bytes={come}-");
        hub.Requests.Should().NotContain(request => request.Line.StartsWith("GET") && request.Line.EndsWith("/config.json"), "it was whole");
        Leftovers().Should().BeEmpty();
    }

    [Fact]
    public void AConnectionThatIsCutIsTriedAgainWhereItWas()
    {
        hub.CutAfter = 120_000;

        File.ReadAllBytes(Path.Combine(Resolve(), Weights)).Should().Equal(weights);
        waits.Should().Equal(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void WrongContentIsRefusedAndRemoved()
    {
        hub.Sent[Weights] = [.. weights.Reverse()];

        FluentActions.Invoking(() => Resolve()).Should().Throw<HubException>().WithMessage($"someone/some-vit: model.safetensors is not what the hub says*{LocalHub.HashOf(weights)}*removed*");
        File.Exists(Path.Combine(Snapshot, Weights)).Should().BeFalse();
        Directory.GetFiles(Path.Combine(Folder, "blobs")).Should().HaveCount(2, "the two configurations were right");
    }

    [Fact]
    public void AWrongConfigurationIsRefusedToo()
    {
        hub.Sent["config.json"] = Encoding.UTF8.GetBytes("""{"model_type": "bad"}""");

        FluentActions.Invoking(() => Resolve()).Should().Throw<HubException>().WithMessage("*config.json is not what the hub says*");
        Directory.GetFiles(Path.Combine(Folder, "blobs")).Should().BeEmpty();
    }

    [Fact]
    public void ContentThatIsTooLongIsRefusedAndRemoved()
    {
        hub.Sent[Weights] = [.. weights, 1];

        FluentActions.Invoking(() => Resolve()).Should().Throw<HubException>().WithMessage("*longer than the 300000 bytes*");
        Leftovers().Should().BeEmpty();
    }

    [Fact]
    public void WhatAnEarlierRunLeftWrongIsFetchedAnew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Blob)!);
        File.WriteAllBytes(Blob + ".incomplete", new byte[1000]);

        File.ReadAllBytes(Path.Combine(Resolve(), Weights)).Should().Equal(weights);
    }

    [Fact]
    public void TheTokenGoesToTheHubAlone()
    {
        Resolve();

        hub.Requests.Should().Contain(request => request.Line == $"GET /{Weights}?signed").Which.Token.Should().BeNull();
        hub.Requests.Where(request => !request.Line.EndsWith("?signed")).Should().OnlyContain(request => request.Token == "Bearer hf_secret");
        new HubOptions { Token = "hf_secret" }.ToString().Should().NotContain("hf_secret");
    }

    [Theory]
    [InlineData(401, "hf_secret", "*does not accept the token*")]
    [InlineData(401, null, "*set HF_TOKEN*")]
    [InlineData(403, "hf_secret", "*accept its terms on http://*/someone/some-vit *")]
    [InlineData(404, "hf_secret", "*no such model or revision 'main'*check the name*")]
    [InlineData(418, "hf_secret", "*answers 418*")]
    public void ARefusalIsOneLineThatSaysWhatToDo(int status, string? token, string message)
    {
        hub.Failures.Enqueue(status);

        var refusal = FluentActions.Invoking(() => Resolve(options: hub.Options(cache.Path) with { Token = token })).Should().Throw<HubException>().WithMessage(message).Which;
        refusal.Message.Should().StartWith("someone/some-vit: ").And.NotContainAny("\n", "hf_secret");
        hub.Requests.Should().ContainSingle("it would be refused again");
    }

    [Fact]
    public void ABusyHubIsAskedAgainWhenItSays()
    {
        hub.Failures.Enqueue(429);
        hub.Failures.Enqueue(503);

        Resolve().Should().Be(Snapshot);
        waits.Should().Equal(TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData("Tue, 15 Nov 1994 12:45:26 GMT", "Tue, 15 Nov 1994 12:45:35 GMT", 9)]
    [InlineData("Wed, 15 Nov 2090 12:45:26 GMT", "Wed, 15 Nov 2090 12:46:26 GMT", 60)]
    [InlineData("Wed, 15 Nov 2090 12:45:26 GMT", "Wed, 15 Nov 2090 12:45:00 GMT", 0)]
    public void AWaitUntilADateIsOneByTheHubsClock(string now, string until, int seconds)
    {
        hub.Failures.Enqueue(503);
        (hub.Date, hub.RetryAfter) = (now, until);

        Resolve().Should().Be(Snapshot);
        waits.Should().Equal(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public void ABusyHubIsNotAskedForEver()
    {
        for (int i = 0; i < 9; i++) hub.Failures.Enqueue(429);

        FluentActions.Invoking(() => Resolve()).Should().Throw<HubException>().WithMessage("*too often (429)*tried 3 times*");
        hub.Requests.Should().HaveCount(3);
    }

    [Fact]
    public void OnlyConfigurationsTokenizersAndSafetensorsAreAskedFor()
    {
        hub.AlsoListed.AddRange(["../../evil.json", "..\\evil.json", "/etc/evil.json", "sub/config.json", ".hidden.json", "C:evil.json", "pytorch_model.bin", "modeling.py", "README.md", "other.safetensors"]);

        Resolve();

        hub.Lines.Where(line => line.StartsWith("HEAD", StringComparison.Ordinal)).Select(line => line.Split('/')[^1]).Should().BeEquivalentTo(["config.json", "preprocessor_config.json", Weights]);
    }

    [Fact]
    public void ARepositoryWithPicklesAloneIsRefusedBeforeAnythingIsFetched()
    {
        hub.Files.Remove(Weights);
        hub.AlsoListed.Add("pytorch_model.bin");

        FluentActions.Invoking(() => Resolve()).Should().Throw<HubException>().WithMessage("*only pytorch_model.bin, a pickle*");
        hub.Requests.Should().ContainSingle();
    }

    [Fact]
    public void ShardsAreThoseThatTheIndexNames()
    {
        hub.Files.Remove(Weights);
        hub.Files["model.safetensors.index.json"] = Encoding.UTF8.GetBytes("""{"weight_map": {"a": "part-1.safetensors", "b": "part-2.safetensors"}}""");
        (hub.Files["part-1.safetensors"], hub.Files["part-2.safetensors"], hub.Files["part-3.safetensors"]) = (weights, [1, 2], [3]);

        string folder = Resolve();

        Directory.GetFiles(folder, "*.safetensors").Select(Path.GetFileName).Should().BeEquivalentTo(["part-1.safetensors", "part-2.safetensors"]);
        File.Delete(Path.Combine(folder, "part-2.safetensors"));
        hub.Requests.Clear();
        Resolve();
        hub.Lines.Should().Contain(line => line.EndsWith("/part-2.safetensors"), "a shard is missing").And.NotContain(line => line.Contains("part-1"));
    }

    [Fact]
    public void AnIndexThatLeavesItsFolderIsRefused()
    {
        hub.Files.Remove(Weights);
        hub.Files["model.safetensors.index.json"] = Encoding.UTF8.GetBytes("""{"weight_map": {"a": "../../x.safetensors"}}""");

        FluentActions.Invoking(() => Resolve()).Should().Throw<ModelFileException>().WithMessage("*../../x.safetensors*");
    }

    [Fact]
    public void AnAdapterNeedsItsTwoFiles()
    {
        hub.Files.Clear();
        (hub.Files["adapter_config.json"], hub.Files["adapter_model.safetensors"]) = ("{}"u8.ToArray(), weights);

        Directory.GetFiles(Resolve()).Select(Path.GetFileName).Should().BeEquivalentTo(["adapter_config.json", "adapter_model.safetensors"]);
        hub.Requests.Clear();
        Resolve();
        hub.Requests.Should().BeEmpty();
    }

    [Fact]
    public void WhatStandsBesideTheWeightsIsFetchedLaterAndDoneWithoutWhereNothingAnswers()
    {
        Cached("config.json", Weights);
        var nobody = hub.Options(cache.Path) with { Endpoint = "http://127.0.0.1:9" };

        Resolve(options: hub.Options(cache.Path) with { Offline = true }).Should().Be(Snapshot);
        Resolve(options: nobody).Should().Be(Snapshot);
        Resolve();
        hub.Lines.Should().Contain(line => line.EndsWith("/preprocessor_config.json")).And.NotContain(line => line.Contains(Weights));
    }

    [Fact]
    public void ARevisionIsPinnedByItsOwnName()
    {
        Resolve($"{LocalHub.Repository}@refs/pr/1").Should().Be(Snapshot);

        hub.Lines.First().Should().Be("GET /api/models/someone/some-vit/revision/refs%2Fpr%2F1");
        File.ReadAllText(Path.Combine(Folder, "refs", "refs", "pr", "1")).Should().Be(LocalHub.Commit);
        File.Exists(Path.Combine(Folder, "refs", "main")).Should().BeFalse();
    }

    [Fact]
    public void ACommitThatTheServerAnswersWithAnotherIsRefused()
    {
        string other = new('f', 40);

        FluentActions.Invoking(() => Resolve($"{LocalHub.Repository}@{other}")).Should().Throw<HubException>().WithMessage("*does not say which commit*");
    }

    [Fact]
    public void CancellingLeavesOnlyWhatTheNextRunGoesOnWith()
    {
        using var stop = new CancellationTokenSource();
        using var stopped = new ManualResetEventSlim();
        hub.CutAfter = 100_000;
        hub.AfterContent = () =>
        {
            stop.Cancel();
            stopped.Wait(TimeSpan.FromSeconds(30));
        };

        FluentActions.Invoking(() => Resolve(cancellation: stop.Token)).Should().Throw<OperationCanceledException>();
        stopped.Set();
        hub.AfterContent = null;
        hub.CutAfter = null;

        File.Exists(Path.Combine(Snapshot, Weights)).Should().BeFalse();
        File.Exists(Path.Combine(Folder, "refs", "main")).Should().BeFalse();
        Leftovers().Should().BeSubsetOf([Path.GetFileName(Blob) + ".incomplete"]);
        File.ReadAllBytes(Path.Combine(Resolve(), Weights)).Should().Equal(weights);
    }

    [Fact]
    public async Task TwoAtOnceFetchOnce()
    {
        var both = await Task.WhenAll(Task.Run(() => Resolve()), Task.Run(() => Resolve()));

        both.Should().Equal(Snapshot, Snapshot);
        hub.Lines.Count(line => line.StartsWith($"GET /{Weights}")).Should().Be(1);
        Leftovers().Should().BeEmpty();
    }

    [Fact]
    public void OfflineOrWithoutANetworkOneLineSaysWhatToDo()
    {
        var options = hub.Options(cache.Path);

        FluentActions.Invoking(() => Resolve(options: options with { Offline = true })).Should().Throw<HubException>().WithMessage($"someone/some-vit: *({cache.Path})*--offline*run once without*");
        FluentActions.Invoking(() => Resolve(options: options with { Endpoint = "http://127.0.0.1:9" })).Should().Throw<HubException>()
            .WithMessage("someone/some-vit: *cannot reach http://127.0.0.1:9 (*): connect to the network, set HF_ENDPOINT, or give a local folder.");
        hub.Requests.Should().BeEmpty();
    }

    [Fact]
    public void AServerThatIsNoHubIsSaidToBeNone()
    {
        hub.AlsoListed.Clear();
        var options = hub.Options(cache.Path) with { Endpoint = hub.StorageAddress };
        hub.Files["main"] = "<html>"u8.ToArray();

        FluentActions.Invoking(() => Resolve(options: options)).Should().Throw<HubException>().WithMessage("*does not answer as a hub does*HF_ENDPOINT*");
    }

    [Fact]
    public void WhatIsHereOrIsNoNameIsTakenAsItIs()
    {
        foreach (string text in (string[])[cache.Path, "vit", "a/b/c", Path.Combine(cache.Path, "none")]) Resolve(text).Should().Be(text);
        hub.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("huggingface.co")]
    [InlineData("https://me:secret@x")]
    public void AnAddressThatIsNoneIsRefused(string endpoint) =>
        FluentActions.Invoking(() => new HubOptions { Endpoint = endpoint }.Validate()).Should().Throw<ArgumentException>().WithMessage("*HF_ENDPOINT*");

    public void Dispose()
    {
        hub.Dispose();
        cache.Dispose();
    }

    string Resolve(string name = LocalHub.Repository, HubOptions? options = null, IProgressReporter? progress = null, CancellationToken cancellation = default) =>
        HubModels.Resolve(name, options ?? hub.Options(cache.Path), (time, stop) =>
        {
            waits.Add(time);
            stop.ThrowIfCancellationRequested();
            return Task.CompletedTask;
        }, progress ?? NullProgressReporter.Instance, cancellation);

    string?[] Leftovers() => [.. Directory.EnumerateFiles(cache.Path, "*.incomplete", SearchOption.AllDirectories).Select(Path.GetFileName)];

    void Cached(params string[] files)
    {
        foreach (string file in files)
        {
            Directory.CreateDirectory(Snapshot);
            File.WriteAllBytes(Path.Combine(Snapshot, file), hub.Files[file]);
        }
        Directory.CreateDirectory(Path.Combine(Folder, "refs"));
        // As a hand would write it, with the end of the line.
        File.WriteAllText(Path.Combine(Folder, "refs", "main"), LocalHub.Commit + "\n");
    }

    sealed class ByteProgress : IProgressReporter
    {
        public List<string> Lines { get; } = [];

        public List<(string Description, long Total, long Done)> Work { get; } = [];

        public IProgressTask Begin(string description, long total) => new Bar(this, description, total);

        public void Report(string line) => Lines.Add(line);

        public void Dispose()
        {
        }

        sealed class Bar(ByteProgress progress, string description, long total) : IProgressTask
        {
            long done;

            public void Advance(long steps = 1) => done += steps;

            public void Dispose() => progress.Work.Add((description, total, done));
        }
    }
}
