using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.T5.Generation;

public sealed class T5GenerationTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    public static TheoryData<string, int, double> Searches => new()
    {
        { "t5-v1.0", 1, 1 },
        { "t5-flan", 1, 1 },
        { "t5-v1.0", 4, 1 },
        { "t5-flan", 4, 1 },
        { "t5-flan", 3, -2 },
    };

    [Theory]
    [InlineData("t5-v1.0")]
    [InlineData("t5-flan")]
    public void Greedy_tokens_are_those_of_the_reference(string name)
    {
        using var model = Fixture.T5(name);
        var io = Fixture.Tensors(name, "io.safetensors");

        var results = model.Generate(io["input_ids"], io["attention_mask"], new() { MaxLength = 8 });

        Padded(results, 9, model.Config).Should().Equal(io["greedy_ids"].data<long>());
        results.Select(r => r.Best.IsComplete).Should().Equal(results.Select(r => r.Best.Ids[^1] == model.Config.EndTokenId));
    }

    [Theory]
    [MemberData(nameof(Searches))]
    public void Every_token_is_computed_once_and_the_result_is_as_if_not(string name, int beams, double penalty)
    {
        using var model = Fixture.T5(name);
        var io = Fixture.Tensors(name, "io.safetensors");
        var options = new GenerationOptions { MaxLength = 24, Beams = beams, LengthPenalty = penalty };

        var cached = model.Generate(io["input_ids"], io["attention_mask"], options);
        var uncached = model.Generate(io["input_ids"], io["attention_mask"], options with { UseCache = false });

        ShouldBeEqual(cached, uncached);
    }

    [Theory]
    [MemberData(nameof(Searches))]
    public void A_text_in_a_batch_gives_what_it_gives_alone(string name, int beams, double penalty)
    {
        using var model = Fixture.T5(name);
        var io = Fixture.Tensors(name, "io.safetensors");
        var options = new GenerationOptions { MaxLength = 16, Beams = beams, LengthPenalty = penalty };

        var together = model.Generate(io["input_ids"], io["attention_mask"], options);
        var alone = Enumerable.Range(0, 3).SelectMany(i =>
        {
            int length = (int)io["attention_mask"][i].sum().item<long>();
            return model.Generate(io["input_ids"][i, ..length].unsqueeze(0), null, options);
        }).ToArray();

        ShouldBeEqual(together, alone);
    }

    [Fact]
    public void The_log_likelihood_is_that_of_scoring_the_sequence()
    {
        using var model = Fixture.T5();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");

        var results = model.Generate(io["input_ids"], io["attention_mask"], new() { MaxLength = 10, Beams = 3, LengthPenalty = 0.7 });
        var scores = model.ScoreAnswers(io["input_ids"], io["attention_mask"], [.. results.Select(r => r.Sequences.Select(s => s.Ids).ToArray())]);

        foreach (var (result, score) in results.Zip(scores))
        {
            result.Sequences.Should().HaveCount(3);
            result.Sequences.Select(s => s.Score).Should().BeInDescendingOrder();
            foreach (var (sequence, of) in result.Sequences.Zip(score))
            {
                sequence.LogLikelihood.Should().BeApproximately(of.LogLikelihood, 1e-4);
                sequence.Score.Should().BeApproximately(of.LogLikelihood / Math.Pow(of.TokenCount, 0.7), 1e-4);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_attached_composition_generates_what_the_merged_model_does(int beams)
    {
        using var model = Fixture.T5();
        using var merged = Fixture.T5();
        using var plain = Fixture.T5();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        var adapters = new[] { Fixture.Adapter("t5-a"), Fixture.Adapter("t5-b") };
        using var composition = Composition.AttachLearned(model, adapters);
        using (var other = Composition.AttachUniform(merged, adapters)) other.MergeIntoBase();
        var options = new GenerationOptions { MaxLength = 16, Beams = beams };

        var attached = model.Generate(io["input_ids"], io["attention_mask"], options);
        using (composition.FixWeights()) ShouldBeEqual(model.Generate(io["input_ids"], io["attention_mask"], options), attached);

        ShouldBeEqual(attached, merged.Generate(io["input_ids"], io["attention_mask"], options));
        ShouldBeEqual(attached, model.Generate(io["input_ids"], io["attention_mask"], options with { UseCache = false }));
        attached.SelectMany(r => r.Best.Ids).Should().NotEqual(plain.Generate(io["input_ids"], io["attention_mask"], options).SelectMany(r => r.Best.Ids));
    }

    [Fact]
    public void Dropout_of_an_attached_adapter_rests_and_training_goes_on_afterwards()
    {
        using var model = Fixture.T5();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        using var tuning = LoraTuning.Attach(model, new LoraOptions { Dropout = 0.9 });
        foreach (var (_, layer) in tuning.Layers) nn.init.normal_(layer.parameters().Last(p => p.requires_grad), 0, 0.5);
        model.train();

        var first = model.Generate(io["input_ids"], io["attention_mask"], new() { MaxLength = 8 });

        ShouldBeEqual(model.Generate(io["input_ids"], io["attention_mask"], new() { MaxLength = 8 }), first);
        model.training.Should().BeTrue();
        tuning.Layers.Should().OnlyContain(layer => layer.Layer.training);
        is_grad_enabled().Should().BeTrue();
    }

    [Fact]
    public void The_longest_length_counts_the_generated_tokens()
    {
        using var model = Fixture.T5();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");

        foreach (int length in (int[])[1, 3])
            foreach (int beams in (int[])[1, 2])
                model.Generate(io["input_ids"], io["attention_mask"], new() { MaxLength = length, Beams = beams }).Should().OnlyContain(r => r.Best.Ids.Count == length && !r.Best.IsComplete);
    }

    [Fact]
    public void A_cancelled_generation_stops_and_leaves_nothing_behind()
    {
        using var model = Fixture.T5();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        using var source = new CancellationTokenSource();
        var stopping = new GenerationOptions { MaxLength = 5000 };
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        source.CancelAfter(50);

        FluentActions.Invoking(() => model.Generate(io["input_ids"], io["attention_mask"], stopping, cancellation: source.Token)).Should().Throw<OperationCanceledException>();

        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
        is_grad_enabled().Should().BeTrue();
        FluentActions.Invoking(() => model.Generate(io["input_ids"], null, new() { Beams = 2 }, cancellation: new CancellationToken(true))).Should().Throw<OperationCanceledException>();
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(4, true)]
    [InlineData(4, false)]
    public void Generations_leave_no_tensor_behind(int beams, bool composed)
    {
        using var model = Fixture.T5();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        using var composition = composed ? Composition.AttachLearned(model, [Fixture.Adapter("t5-a"), Fixture.Adapter("t5-b")]) : null;
        var sizes = new List<long>();
        foreach (int length in (int[])[2, 5, 40, 40])
        {
            // No scope around it, on purpose.
            model.Generate(io["input_ids"], io["attention_mask"], new() { MaxLength = length, Beams = beams });
            model.Generate(io["input_ids"], io["attention_mask"], new() { MaxLength = length / 2, Beams = beams, UseCache = false });
            model.ScoreAnswers(io["input_ids"], io["attention_mask"], [[[5, 1]], [], [[3, 4, 1], [1]]]);
            sizes.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
        sizes.Skip(1).Should().OnlyContain(size => size == sizes[0]);
    }

    [Fact]
    public void A_step_keeps_as_many_tensors_as_the_one_before()
    {
        using var noGrad = no_grad();
        using var model = Fixture.T5();
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        using var next = new CachedNextTokens(model, model.StartDecoding(model.Encode(io["input_ids"], io["attention_mask"]), io["attention_mask"]));
        var sizes = new List<long>();
        foreach (int step in Enumerable.Range(0, 60))
        {
            using var tokens = full(3, step % 90, dtype: ScalarType.Int64);
            using var order = tensor(new long[] { 2, 0, 1 });
            next.Logits(tokens).Dispose();
            if (step % 2 == 0) next.Choose(order);
            else next.Reorder(order);
            sizes.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
        sizes.Skip(1).Should().OnlyContain(size => size == sizes[1]);
    }

    [Fact]
    public void Wrong_settings_are_refused()
    {
        using var model = Fixture.T5();
        var ids = tensor(new long[,] { { 5, 1 } });
        void Refused(GenerationOptions options, string named) => FluentActions.Invoking(() => model.Generate(ids, null, options)).Should().Throw<ArgumentException>().WithMessage($"*{named}*");

        Refused(new() { MaxLength = 0 }, "MaxLength");
        Refused(new() { Beams = 0 }, "Beams");
        Refused(new() { LengthPenalty = double.NaN }, "LengthPenalty");
        Refused(new() { Stopping = (BeamStopping)7 }, "Stopping");
        FluentActions.Invoking(() => model.Generate(tensor(new long[,] { { 500 } }))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => model.Generate(ids, ones(1, 3))).Should().Throw<ArgumentException>();
    }

    static long[] Padded(IReadOnlyList<GenerationResult> results, int length, T5Config config) =>
        [.. results.SelectMany(r => r.Best.Ids.Prepend(config.DecoderStartTokenId).Concat(Enumerable.Repeat(config.PadTokenId, length)).Take(length)).Select(id => (long)id)];

    static void ShouldBeEqual(IReadOnlyList<GenerationResult> actual, IReadOnlyList<GenerationResult> expected)
    {
        actual.Should().HaveSameCount(expected);
        foreach (var (a, e) in actual.SelectMany(r => r.Sequences).Zip(expected.SelectMany(r => r.Sequences)))
        {
            a.Ids.Should().Equal(e.Ids);
            a.LogLikelihood.Should().BeApproximately(e.LogLikelihood, 1e-4);
            a.Score.Should().BeApproximately(e.Score, 1e-4 * Math.Max(1, Math.Abs(e.Score)));
            a.IsComplete.Should().Be(e.IsComplete);
        }
    }
}
