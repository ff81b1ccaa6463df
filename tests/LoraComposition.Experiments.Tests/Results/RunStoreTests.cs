using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Results;

public sealed class RunStoreTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly RunResult result = ResultOf.Run("learned", 5, 1, 0.8125);

    RunStore Store => new(folder.Path);

    string ResultPath => folder[result.Key.FileName];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_saved_result_comes_back_whole()
    {
        Store.Save(result);

        Store.TryLoad(result.Key, "abc", out var loaded).Should().BeTrue();
        loaded.Should().BeEquivalentTo(result, o => o.Excluding(r => r.Configuration).Excluding(r => r.Details));
        loaded!.Configuration.GetRawText().Should().MatchRegex("\"epochs\": 50,\\s+\"rate\": 0.1");
        loaded.Details!.Value.GetProperty("warnings")[0].GetString().Should().Be("class 3 holds 1 sample");
        folder.Files.Should().Equal("learned-k005-seed1.json");
    }

    [Fact]
    public void What_may_be_absent_comes_back_absent()
    {
        Store.Save(result with { Correct = null, ValidationAccuracy = null, BestEpoch = null, Details = null });

        Store.TryLoad(result.Key, "abc", out var loaded).Should().BeTrue();
        (loaded!.ValidationAccuracy, loaded.BestEpoch, loaded.Details).Should().Be((null, null, null));
    }

    [Fact]
    public void Which_samples_were_right_comes_back_and_is_checked()
    {
        var right = result with { Accuracy = 0.5, TestCount = 4, Correct = CorrectSamples.Encode([true, false, false, true]) };
        Store.Save(right);

        Store.TryLoad(result.Key, "abc", out var loaded).Should().BeTrue();
        CorrectSamples.Of(loaded!).Should().Equal(true, false, false, true);
        FluentActions.Invoking(() => Store.Save(right with { Accuracy = 0.75 })).Should().Throw<ArgumentException>().WithMessage("*right samples*");
        File.WriteAllText(ResultPath, File.ReadAllText(ResultPath).Replace("\"testCount\": 4", "\"testCount\": 40", StringComparison.Ordinal));
        FluentActions.Invoking(() => Store.TryLoad(result.Key, "abc", out _)).Should().Throw<RunFileException>().WithMessage("*base64 of 40 bits*");
    }

    /// <summary>Results of earlier versions have no such member.</summary>
    [Fact]
    public void A_result_without_the_right_samples_is_read()
    {
        Store.Save(result);
        string text = File.ReadAllText(ResultPath);
        text.Should().Contain("  \"correct\": null,\n");
        File.WriteAllText(ResultPath, text.Replace("  \"correct\": null,\n", "", StringComparison.Ordinal));

        Store.TryLoad(result.Key, "abc", out var loaded).Should().BeTrue();
        loaded!.Correct.Should().BeNull();
    }

    [Fact]
    public void A_result_without_the_peak_of_memory_is_read_and_a_negative_one_is_not_written()
    {
        Store.Save(result);
        string text = File.ReadAllText(ResultPath);
        text.Should().Contain("  \"peakMemoryMiB\": 96.5,\n");
        File.WriteAllText(ResultPath, text.Replace("  \"peakMemoryMiB\": 96.5,\n", "", StringComparison.Ordinal));

        Store.TryLoad(result.Key, "abc", out var loaded).Should().BeTrue();
        loaded!.PeakMemoryMiB.Should().BeNull();
        FluentActions.Invoking(() => Store.Save(result with { PeakMemoryMiB = -1 })).Should().Throw<ArgumentException>().WithMessage("*memory of at least 0 MiB, found -1*");
    }

    [Fact]
    public void The_file_is_indented_camel_case_with_the_sample_indices_on_one_line()
    {
        Store.Save(result);

        string text = File.ReadAllText(ResultPath);
        text.Should().StartWith("{\n  \"key\": {\n    \"experiment\": \"demo\",").And.EndWith("}\n").And.NotContain("\r");
        text.Should().Contain("\"sampleIndices\": [5,3,70000],\n").And.Contain("\"startedUtc\": \"2024-02-29T12:30:00+00:00\"").And.Contain("\"TorchSharp\"");
    }

    [Fact]
    public void A_run_that_was_not_done_is_not_skipped()
    {
        Store.Save(result);

        Store.TryLoad(result.Key with { }, "abc", out _).Should().BeTrue();
        Store.TryLoad(new RunKey("demo", "learned", 5, 2), "abc", out var other).Should().BeFalse();
        other.Should().BeNull();
        new RunStore(folder["absent"]).TryLoad(result.Key, "abc", out _).Should().BeFalse();
    }

    [Fact]
    public void A_result_of_another_configuration_is_a_conflict_and_stays()
    {
        Store.Save(result);
        string before = File.ReadAllText(ResultPath);

        FluentActions.Invoking(() => Store.TryLoad(result.Key, "def", out _)).Should().Throw<RunConflictException>()
            .WithMessage($"{ResultPath}: expected*def*found*abc*--out*remove*").Which.Path.Should().Be(ResultPath);
        FluentActions.Invoking(() => Store.Save(result with { ConfigurationHash = "def" })).Should().Throw<RunConflictException>();
        File.ReadAllText(ResultPath).Should().Be(before);
    }

    [Fact]
    public void A_result_of_another_experiment_is_a_conflict()
    {
        Store.Save(result);

        FluentActions.Invoking(() => Store.TryLoad(new RunKey("pacs", "learned", 5, 1), "abc", out _)).Should().Throw<RunConflictException>().WithMessage("*expected a result of pacs: learned, K = 5, seed 1, found one of demo: learned, K = 5, seed 1.*");
    }

    [Fact]
    public void A_result_of_the_same_configuration_is_replaced()
    {
        Store.Save(result);
        Store.Save(result with { Accuracy = 0.25 });

        Store.LoadAll().Should().ContainSingle().Which.Accuracy.Should().Be(0.25);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{ \"key\": {")]
    public void A_damaged_file_is_named(string text)
    {
        File.WriteAllText(ResultPath, text);

        var thrown = FluentActions.Invoking(() => Store.TryLoad(result.Key, "abc", out _)).Should().Throw<RunFileException>();
        thrown.WithMessage($"{ResultPath}: *damaged*Delete the file*").Which.Should().NotBeOfType<RunConflictException>();
        FluentActions.Invoking(() => Store.LoadAll()).Should().Throw<RunFileException>();
    }

    [Theory]
    [InlineData("\"accuracy\": 0.8125", "\"accuracy\": 1.5")]
    [InlineData("\"accuracy\": 0.8125", "\"accuracy\": null")]
    [InlineData("\"shots\": 5", "\"shots\": -5")]
    [InlineData("\"method\": \"learned\"", "\"method\": \"\"")]
    [InlineData("\"inputs\": {", "\"inputz\": {")]
    [InlineData("[5,3,70000]", "[5,3,[]]")]
    [InlineData("[5,3,70000]", "[5,3,99999999999]")]
    public void A_file_with_a_member_that_cannot_be_is_damaged(string whole, string broken)
    {
        Store.Save(result);
        string text = File.ReadAllText(ResultPath);
        text.Should().Contain(whole);
        File.WriteAllText(ResultPath, text.Replace(whole, broken, StringComparison.Ordinal));

        FluentActions.Invoking(() => Store.TryLoad(result.Key, "abc", out _)).Should().Throw<RunFileException>().WithMessage("*damaged*");
    }

    [Fact]
    public void A_file_cut_anywhere_is_damaged()
    {
        Store.Save(result);
        byte[] whole = File.ReadAllBytes(ResultPath);
        for (int length = 0; length < whole.Length - 2; length += 37)
        {
            File.WriteAllBytes(ResultPath, whole[..length]);
            FluentActions.Invoking(() => Store.TryLoad(result.Key, "abc", out _)).Should().Throw<RunFileException>();
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-0.1)]
    [InlineData(81.25)]
    public void An_accuracy_that_is_no_fraction_is_not_saved(double accuracy)
    {
        FluentActions.Invoking(() => Store.Save(result with { Accuracy = accuracy })).Should().Throw<ArgumentException>().WithMessage("*accuracy from 0 to 1*");
        folder.Files.Should().BeEmpty();
    }

    [Fact]
    public void A_save_that_fails_midway_leaves_the_old_file_and_nothing_else()
    {
        Store.Save(result);
        string before = File.ReadAllText(ResultPath);
        var document = JsonDocument.Parse("{\"a\": 1}");
        var halfway = result with { Details = document.RootElement };
        document.Dispose();

        FluentActions.Invoking(() => Store.Save(halfway)).Should().Throw<ObjectDisposedException>();
        File.ReadAllText(ResultPath).Should().Be(before);
        folder.Files.Should().Equal(result.Key.FileName);
    }

    [Fact]
    public void All_results_are_read_in_the_order_of_their_names_and_other_files_passed_over()
    {
        foreach (var run in new[] { ResultOf.Run("uniform", null, 0, 0.9), ResultOf.Run("learned", 10, 0, 0.5), ResultOf.Run("learned", 5, 0, 0.4), ResultOf.Run("LoRA", 5, -2, 0.1) })
            Store.Save(run);
        File.WriteAllText(folder["configuration.json"], "not a run");
        File.WriteAllText(folder[".learned-k005-seed0.json.tmp"], "{");

        Store.LoadAll().Select(r => (r.Key.Method, r.Key.Shots)).Should().Equal(("learned", 5), ("learned", 10), ("LoRA", 5), ("uniform", (int?)null));
        new RunStore(folder["absent"]).LoadAll().Should().BeEmpty();
    }

    [Fact]
    public void A_copy_under_another_name_is_not_counted_twice()
    {
        Store.Save(result);
        File.Copy(ResultPath, folder["learned-k005-seed2.json"]);

        FluentActions.Invoking(() => Store.LoadAll()).Should().Throw<RunFileException>().WithMessage("*learned-k005-seed2.json: expected a file named learned-k005-seed1.json*");
    }

    [Fact]
    public void Two_stores_share_a_folder()
    {
        Parallel.For(0, 40, i => new RunStore(folder.Path).Save(ResultOf.Run("learned", 5, i % 10, 0.5)));

        Store.LoadAll().Select(r => r.Key.Seed).Should().BeEquivalentTo(Enumerable.Range(0, 10));
        folder.Files.Should().HaveCount(10);
    }
}
