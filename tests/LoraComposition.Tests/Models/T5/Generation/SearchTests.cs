using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.T5.Generation;

/// <summary>The searches on random tables, against every sequence there is and against transformers' rules in their slow form.</summary>
public class SearchTests
{
    /// <summary>A table and options at random, the same for the same seed.</summary>
    static (TableTokens Table, int Inputs, GenerationOptions Options) Case(int seed)
    {
        var random = new Random(seed);
        int inputs = random.Next(1, 4), beams = random.Next(2, 5);
        // With fewer tokens than twice the beams transformers fills up with sequences that do not count, and finishes some of them.
        return (new TableTokens(2 * beams + random.Next(3), inputs, seed), inputs, new GenerationOptions
        {
            MaxLength = random.Next(1, 7),
            Beams = beams,
            LengthPenalty = new[] { -1, 0, 0.5, 1, 2 }[random.Next(5)],
            Stopping = Enum.GetValues<BeamStopping>()[random.Next(3)],
        });
    }

    [Fact]
    public void Beam_search_finds_what_transformers_rules_find()
    {
        for (int seed = 0; seed < 600; seed++)
        {
            var (table, inputs, options) = Case(seed);

            var results = BeamSearch.Run(table, inputs, TableTokens.Start, TableTokens.End, options, CPU, progress: null, default);

            for (int input = 0; input < inputs; input++)
            {
                var expected = ExhaustiveSearch.Beams(table, input, options);
                string.Join(" | ", results[input].Sequences.Select(s => string.Join(" ", s.Ids))).Should().Be(string.Join(" | ", expected.Select(e => string.Join(" ", e.Ids))), $"seed {seed}, {options}");
                results[input].Sequences.Zip(expected, (s, e) => Math.Abs(s.Score - e.Score)).Max().Should().BeLessThan(1e-5);
            }
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(2.5)]
    [InlineData(-1.0)]
    public void With_room_for_all_sequences_the_best_of_all_is_found(double penalty)
    {
        const int Vocabulary = 3, Length = 4, Room = 81;
        for (int seed = 0; seed < 20; seed++)
        {
            using var table = new TableTokens(Vocabulary, 2, seed);
            var options = new GenerationOptions { MaxLength = Length, Beams = Room, LengthPenalty = penalty, Stopping = BeamStopping.NoneBetterEver };

            var results = BeamSearch.Run(table, 2, TableTokens.Start, TableTokens.End, options, CPU, progress: null, default);

            for (int input = 0; input < 2; input++)
            {
                var all = ExhaustiveSearch.All(table, input, Length).OrderByDescending(s => s.LogLikelihood / Math.Pow(s.Ids.Length, penalty)).ToArray();
                all.Sum(s => Math.Exp(s.LogLikelihood)).Should().BeApproximately(1, 1e-9, "the oracle itself must see all sequences");
                results[input].Sequences.Should().HaveCount(all.Length);
                results[input].Best.Ids.Should().Equal(all[0].Ids);
                results[input].Best.LogLikelihood.Should().BeApproximately(all[0].LogLikelihood, 1e-5);
                results[input].Best.IsComplete.Should().Be(all[0].Ids[^1] == TableTokens.End);
            }
        }
    }

    [Fact]
    public void Greedy_search_takes_the_likeliest_token_each_time()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var (table, inputs, options) = Case(seed);
            var results = GreedySearch.Run(table, inputs, TableTokens.Start, TableTokens.End, options, CPU, progress: null, default);
            for (int input = 0; input < inputs; input++) Check(table, input, options, results[input]);
        }

        static void Check(TableTokens table, int input, GenerationOptions options, GenerationResult result)
        {
            var (ids, sum) = (new List<int>(), 0.0);
            while (ids.Count < options.MaxLength && (ids.Count == 0 || ids[^1] != TableTokens.End))
            {
                var next = table.LogProbabilities(input, ids);
                ids.Add(Array.IndexOf(next, next.Max()));
                sum += next.Max();
            }
            result.Sequences.Should().ContainSingle();
            result.Best.Ids.Should().Equal(ids);
            result.Best.LogLikelihood.Should().BeApproximately(sum, 1e-5);
            result.Best.Score.Should().BeApproximately(sum / Math.Pow(ids.Count, options.LengthPenalty), 1e-5);
        }
    }

    [Fact]
    public void The_first_step_computes_each_input_once_and_what_is_finished_leaves_the_batch()
    {
        using var table = new TableTokens(5, 4, seed: 3);
        var sizes = new List<long>();

        BeamSearch.Run(new Watched(table, sizes), 4, TableTokens.Start, TableTokens.End, new GenerationOptions { MaxLength = 12, Beams = 2, Stopping = BeamStopping.WhenFull }, CPU, progress: null, default);

        sizes[0].Should().Be(4);
        sizes[1].Should().Be(8);
        sizes.Skip(1).Should().BeInDescendingOrder().And.Contain(size => size < 8);
    }

    [Fact]
    public void A_model_that_gives_NaN_is_named()
    {
        using var broken = new Broken();

        FluentActions.Invoking(() => GreedySearch.Run(broken, 1, 0, 1, new(), CPU, progress: null, default)).Should().Throw<NonFiniteException>().WithMessage("*not numbers*");
        FluentActions.Invoking(() => BeamSearch.Run(broken, 1, 0, 1, new() { Beams = 2 }, CPU, progress: null, default)).Should().Throw<NonFiniteException>().WithMessage("*not numbers*");
    }

    sealed class Watched(INextTokens inner, List<long> sizes) : INextTokens
    {
        public Tensor Logits(Tensor tokens)
        {
            sizes.Add(tokens.shape[0]);
            return inner.Logits(tokens);
        }

        public void Choose(Tensor rows) => inner.Choose(rows);

        public void Reorder(Tensor rows) => inner.Reorder(rows);

        public void Dispose() => inner.Dispose();
    }

    sealed class Broken : INextTokens
    {
        public Tensor Logits(Tensor tokens) => full(tokens.shape[0], 4, double.NaN);

        public void Choose(Tensor rows)
        {
        }

        public void Reorder(Tensor rows)
        {
        }

        public void Dispose()
        {
        }
    }
}
