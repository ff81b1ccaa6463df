using CsCheck;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Compression;

/// <summary>What must hold for every update: any shape, rank, scaling and target.</summary>
public class AdapterCompressionProperties
{
    const long Iterations = 100;

    sealed record Update(int In, int Out, int Rank, double Scaling, int Seed, bool Wide)
    {
        public LoraDelta Make() => SmallLayers.Delta(In, Out, Rank, Scaling, Seed, Wide ? ScalarType.Float64 : ScalarType.Float32);
    }

    static readonly Gen<Update> updates = Gen.Select(Gen.Int[1, 12], Gen.Int[1, 12], Gen.Int[1, 15], Gen.Double[0.01, 5], Gen.Int[1, 1_000_000], Gen.Bool)
        .Select((i, o, rank, scaling, seed, wide) => new Update(i, o, rank, scaling, seed, wide));

    [Fact]
    public void The_error_is_the_least_there_is() => Gen.Select(updates, Gen.Int[1, 16]).Sample((update, rank) =>
    {
        using var scope = NewDisposeScope();
        using var delta = update.Make();
        using var compressed = AdapterCompression.Compress(delta, RankTarget.Rank(rank));
        var dense = DenseSvd.Dense(delta);
        var least = DenseSvd.TailOf(DenseSvd.SingularValues(dense), rank);
        compressed.Rank.Should().BeLessThanOrEqualTo(Math.Min(rank, Math.Min(update.Rank, Math.Min(update.In, update.Out))));
        compressed.RelativeError.Should().BeApproximately(least, 1e-9);
        var left = compressed.Delta.B;
        left.max(0).values.sub(left.min(0).values.neg()).ge(-1e-6).all().item<bool>().Should().BeTrue("the largest entry of each left vector is positive");
        compressed.RetainedEnergy.Should().BeApproximately(1 - least * least, 1e-9);
        DenseSvd.RelativeDistance(DenseSvd.Dense(compressed.Delta), dense).Should().BeApproximately(least, 1e-5);
    }, iter: Iterations, threads: 1);

    [Fact]
    public void Energy_keeps_its_share_and_one_rank_less_does_not() => Gen.Select(updates, Gen.Double[0.01, 1]).Sample((update, share) =>
    {
        using var scope = NewDisposeScope();
        using var delta = update.Make();
        using var compressed = AdapterCompression.Compress(delta, RankTarget.Energy(share));
        compressed.RetainedEnergy.Should().BeGreaterThanOrEqualTo(share - 1e-12);
        if (compressed.Rank == 1) return;
        using var less = AdapterCompression.Compress(delta, RankTarget.Rank((int)compressed.Rank - 1));
        less.RetainedEnergy.Should().BeLessThan(share);
    }, iter: Iterations, threads: 1);

    [Fact]
    public void Compressing_again_changes_nothing() => updates.Sample(update =>
    {
        using var scope = NewDisposeScope();
        using var delta = update.Make();
        using var once = AdapterCompression.Compress(delta, RankTarget.Rank(4));
        using var again = AdapterCompression.Compress(once.Delta, RankTarget.Rank(4));
        again.Rank.Should().Be(once.Rank);
        again.RelativeError.Should().BeLessThan(1e-6);
        DenseSvd.RelativeDistance(DenseSvd.Dense(again.Delta), DenseSvd.Dense(once.Delta)).Should().BeLessThan(1e-5);
    }, iter: Iterations, threads: 1);
}
