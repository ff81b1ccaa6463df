using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.T5.Generation;

/// <summary>A model whose log-probabilities depend on the input and the whole sequence, at random but always the same.</summary>
sealed class TableTokens(int vocabulary, int inputs, int seed) : INextTokens
{
    public const int Start = 0, End = 1;

    List<(int Input, int[] Sequence)> rows = [.. Enumerable.Range(0, inputs).Select(input => (input, Array.Empty<int>()))];

    /// <summary>The log-probability of each token after a sequence that leaves out the start.</summary>
    public double[] LogProbabilities(int input, IEnumerable<int> sequence)
    {
        var random = new Random(sequence.Aggregate(seed * 7919 + input, (hash, token) => unchecked(hash * 31 + token + 1)));
        // Rounded to the numbers the search sees.
        double[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => (double)(float)(3 * random.NextDouble()))];
        double sum = Math.Log(logits.Sum(Math.Exp));
        return [.. logits.Select(logit => logit - sum)];
    }

    public Tensor Logits(Tensor tokens)
    {
        tokens.shape.Should().Equal(rows.Count);
        var newest = tokens.data<long>().ToArray();
        rows = [.. rows.Select((row, i) => (row.Input, (int[])[.. row.Sequence, (int)newest[i]]))];
        rows.Should().OnlyContain(row => row.Sequence[0] == Start && !row.Sequence.Contains(End));
        return tensor(rows.SelectMany(row => LogProbabilities(row.Input, row.Sequence.Skip(1))).ToArray(), [rows.Count, vocabulary]);
    }

    public void Choose(Tensor chosen) => rows = [.. chosen.data<long>().ToArray().Select(row => rows[(int)row])];

    public void Reorder(Tensor chosen)
    {
        var before = rows;
        Choose(chosen);
        rows.Select(row => row.Input).Should().Equal(before.Select(row => row.Input));
    }

    public void Dispose()
    {
    }
}
