using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.FeatureCaching;

/// <summary>What one bank computed another one reads, to the bit; what is damaged is never believed.</summary>
public sealed class FeatureCacheTests : IDisposable
{
    static readonly string key = new('a', 64);

    readonly TinyExperiment tiny = new();
    readonly CollectingLogger log = new();
    readonly ImageTask task;
    readonly VisionTransformer model;
    int passes;

    public FeatureCacheTests()
    {
        task = tiny.Task("task", [0, 1], perClass: 20);
        model = tiny.BaseModel.Load(task.ClassNames, 0);
        var embeddings = (nn.Module<Tensor, Tensor>)model.named_children().Single(child => child.name == "embeddings").module;
        embeddings.register_forward_pre_hook((_, pixels) =>
        {
            passes++;
            return pixels;
        });
    }

    string Folder => tiny.Folder["features"];

    public void Dispose()
    {
        model.Dispose();
        tiny.Dispose();
    }

    FeatureCache Cache(long mostBytes = 1 << 20) => new(new FeatureCacheOptions { Folder = Folder, MostBytes = mostBytes }, log);

    // As another process would: nothing is shared but the folder.
    byte[] Features(FeatureCache? cache, int[] indices, string? of = null)
    {
        using var bank = new FeatureBank(() => model, CPU, task.Train, 4, default, cache?.Open(of ?? key), times: null);
        using var features = bank.Features(indices);
        return Snapshot.Of(features);
    }

    string[] Files(string? of = null) => Directory.GetFiles(Path.Combine(Folder, of ?? key));

    [Fact]
    public void AnotherProcessReadsThemToTheBitAndComputesWhatIsMissing()
    {
        int[] some = [7, 2, 11, 2, 0], all = [.. Enumerable.Range(0, 20)];
        byte[] without = Features(null, all);
        byte[] first = Features(Cache(), some);
        passes = 0;

        Features(Cache(), some).Should().Equal(first);
        passes.Should().Be(0, "all of them are kept");
        Features(Cache(), all).Should().Equal(without);
        passes.Should().Be(4, "16 of 20 are missing, four in a batch");
        Features(Cache(), all).Should().Equal(without);
        passes.Should().Be(4);
    }

    [Fact]
    public void OtherPicturesAndOtherModelsAreOthers()
    {
        Features(Cache(), [0, 1, 2, 3]);
        passes = 0;

        Features(Cache(), [4, 5, 6, 7]);
        Features(Cache(), [0, 1, 2, 3], new string('b', 64));

        passes.Should().Be(2);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-200)]
    [InlineData(3)]
    public void DamageIsSeenAndComputedAnew(int place)
    {
        byte[] whole = Features(Cache(), [0, 1, 2, 3]);
        byte[] file = File.ReadAllBytes(Files().Single());
        file[place < 0 ? file.Length + place : place] ^= 0x40;
        File.WriteAllBytes(Files().Single(), file);
        passes = 0;

        Features(Cache(), [0, 1, 2, 3]).Should().Equal(whole);

        passes.Should().Be(1);
        log.At(LogLevel.Warning).Should().ContainSingle().Which.Should().StartWith("Kept features are damaged");
        Features(Cache(), [0, 1, 2, 3]).Should().Equal(whole);
        passes.Should().Be(1, "the damaged file was replaced");
    }

    [Fact]
    public void ATruncatedFileAndOneOfAnotherShapeAreNotBelieved()
    {
        byte[] whole = Features(Cache(), [0, 1, 2, 3]);
        string file = Files().Single();
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^10]);
        using (var narrow = zeros(2, 3))
        using (var hashes = zeros(2, 32, dtype: ScalarType.Byte))
            SafetensorsWriter.Write(Path.Combine(Folder, key, "other.safetensors"), new Dictionary<string, Tensor> { ["images"] = hashes, ["features"] = narrow });
        passes = 0;

        Features(Cache(), [0, 1, 2, 3]).Should().Equal(whole);

        passes.Should().Be(1);
        log.At(LogLevel.Warning).Should().HaveCount(2);
    }

    [Fact]
    public void AFileOfAnotherModelIsNotBelieved()
    {
        Features(Cache(), [0, 1, 2, 3]);
        string other = new('b', 64);
        Directory.CreateDirectory(Path.Combine(Folder, other));
        File.Copy(Files().Single(), Path.Combine(Folder, other, "moved.safetensors"));
        passes = 0;

        Features(Cache(), [0, 1, 2, 3], other);

        passes.Should().Be(1);
        log.At(LogLevel.Warning).Should().ContainSingle().Which.Should().Contain("checksum");
    }

    [Fact]
    public void WhatWasNotUsedForLongestLeavesFirst()
    {
        string[] keys = [new('a', 64), new('b', 64), new('c', 64)];
        foreach (string of in keys) Features(Cache(), [0, 1, 2, 3], of);
        long size = new FileInfo(Files().Single()).Length;
        foreach (var (age, of) in keys.Index()) File.SetLastWriteTimeUtc(Files(of).Single(), DateTime.UtcNow.AddHours(age - 10));
        Features(Cache(), [0, 1, 2, 3], keys[0]);   // the oldest is used
        string left = Path.Combine(Folder, key, ".killed.tmp");
        File.WriteAllBytes(left, [1]);
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddDays(-2));

        Features(Cache(mostBytes: 3 * size + 10), [0, 1, 2, 3], new('d', 64));

        keys.Select(of => Files(of).Length).Should().Equal(1, 0, 1);
        File.Exists(left).Should().BeFalse("a process that was killed two days ago does not end it");
    }

    [Fact]
    public void WhatIsLargerThanTheBoundIsNotKept()
    {
        Features(Cache(mostBytes: 100), [0, 1, 2, 3]);

        Files().Should().BeEmpty();
    }

    [Fact]
    public void ManySmallFilesBecomeOne()
    {
        byte[] all = Features(null, [.. Enumerable.Range(0, 40)]);
        var kept = Cache();
        using (var bank = new FeatureBank(() => model, CPU, task.Train, 4, default, kept.Open(key), times: null))
            for (int i = 0; i < 40; i++) bank.Features([i]).Dispose();
        Files().Length.Should().BeLessThanOrEqualTo(16);
        passes = 0;

        Features(Cache(), [.. Enumerable.Range(0, 40)]).Should().Equal(all);

        passes.Should().Be(0);
    }

    [Fact]
    public void AFolderThatCannotBeWrittenIsSaidOnceAndHarmsNothing()
    {
        File.WriteAllText(Folder, "a file");
        var cache = Cache();

        Features(cache, [0, 1, 2, 3]).Should().Equal(Features(null, [0, 1, 2, 3]));
        Features(cache, [4, 5]);

        log.At(LogLevel.Warning).Should().ContainSingle().Which.Should().Contain("cannot be kept");
    }

    /// <summary>Several processes add to one folder, merge its files and look at it at the same time.</summary>
    [Fact]
    public void SeveralAtOnceDoNoHarm()
    {
        static string Image(int i) => i.ToString("x64", System.Globalization.CultureInfo.InvariantCulture);
        static float[] Row(int i) => [i, i + 0.5f, -i];
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        Thread[] workers = [.. Enumerable.Range(0, 4).Select(worker => new Thread(() =>
        {
            try
            {
                var kept = Cache().Open(key);
                for (int i = 0; i < 40; i++)
                {
                    kept.Look();
                    for (int image = 0; image < 100; image++)
                        if (kept.Of(Image(image)) is { Length: > 0 } row && !row.SequenceEqual(Row(image))) wrong.Add($"{image}");
                    int mine = (worker * 10 + i) % 100;
                    if (kept.Of(Image(mine)).Length == 0) kept.Add([Image(mine)], Row(mine));
                }
            }
            catch (Exception e)
            {
                wrong.Add(e.ToString());
            }
        }))];
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();

        wrong.Should().BeEmpty();
        log.At(LogLevel.Warning).Should().BeEmpty("nothing is damaged, and nothing is in the way");
        var after = Cache().Open(key);
        after.Look();
        Enumerable.Range(0, 70).Count(image => after.Of(Image(image)).SequenceEqual(Row(image))).Should().BeGreaterThan(60);
    }

    [Fact]
    public void SettingsThatCannotBeAreRefused()
    {
        FluentActions.Invoking(() => new FeatureCache(new FeatureCacheOptions { Folder = " " })).Should().Throw<ArgumentException>().WithMessage("*folder*empty*");
        FluentActions.Invoking(() => new FeatureCache(new FeatureCacheOptions { MostBytes = 0 })).Should().Throw<ArgumentException>().WithMessage("*at least 1*");
    }
}
