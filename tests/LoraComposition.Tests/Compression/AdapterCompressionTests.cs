using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Compression;

public sealed class AdapterCompressionTests
{
    static LoraDelta Delta(Tensor b, Tensor a, double scaling = 1) => new(a, b, scaling);

    // Singular values 4, 2, 1 on the axes; the factors hide nothing.
    static LoraDelta Diagonal(double scaling = 1) => Delta(eye(5, 3), diag(tensor(new[] { 4f, 2f, 1f })).matmul(eye(3, 4)), scaling);

    [Theory]
    [InlineData(1, 16.0 / 21)]
    [InlineData(2, 20.0 / 21)]
    [InlineData(3, 1)]
    [InlineData(9, 1)]
    public void Keeps_the_largest_singular_values(int rank, double energy)
    {
        using var scope = NewDisposeScope();
        using var compressed = AdapterCompression.Compress(Diagonal(-0.5), RankTarget.Rank(rank));
        compressed.RankBefore.Should().Be(3);
        compressed.Rank.Should().Be(Math.Min(rank, 3));
        compressed.RetainedEnergy.Should().BeApproximately(energy, 1e-12);
        compressed.RelativeError.Should().BeApproximately(Math.Sqrt(1 - energy), 1e-7);
        double[] kept = [.. new[] { -2.0, -1, -0.5, 0 }.Select((value, i) => i < rank ? value : 0)];
        compressed.Delta.ToDense().ShouldBeClose(eye(5, 4, dtype: ScalarType.Float64).mul(tensor(kept)), 1e-6);
    }

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(16.0 / 21 - 1e-9, 1)]
    [InlineData(16.0 / 21 + 1e-9, 2)]
    [InlineData(0.99, 3)]
    [InlineData(1, 3)]
    public void Energy_takes_the_smallest_rank_that_keeps_the_share(double share, int rank)
    {
        using var scope = NewDisposeScope();
        using var compressed = AdapterCompression.Compress(Diagonal(), RankTarget.Energy(share));
        compressed.Rank.Should().Be(rank);
        compressed.RetainedEnergy.Should().BeGreaterThanOrEqualTo(share);
    }

    [Fact]
    public void Splits_the_singular_values_evenly_and_fixes_the_signs()
    {
        using var scope = NewDisposeScope();
        using var compressed = AdapterCompression.Compress(Diagonal(-1), RankTarget.Rank(3));
        compressed.Delta.Scaling.Should().Be(1);
        var (a, b) = (compressed.Delta.A, compressed.Delta.B);
        b.ShouldBeClose(eye(5, 3).mul(tensor(new[] { 2f, MathF.Sqrt(2), 1f })), 1e-6);
        a.ShouldBeClose(eye(3, 4).mul(tensor(new[] { -2f, -MathF.Sqrt(2), -1f }).unsqueeze(1)), 1e-6);
    }

    [Fact]
    public void The_same_update_in_other_factors_gives_the_same_signs()
    {
        using var scope = NewDisposeScope();
        using var delta = SmallLayers.Delta(9, 7, 3, 2, seed: 1, ScalarType.Float64);
        using var flipped = Delta(delta.B.neg(), delta.A.neg(), 2);
        using var first = AdapterCompression.Compress(delta, RankTarget.Rank(2));
        using var second = AdapterCompression.Compress(flipped, RankTarget.Rank(2));
        first.Delta.A.dtype.Should().Be(ScalarType.Float64);
        first.Delta.A.ShouldBeClose(second.Delta.A, 1e-12);
        first.Delta.B.ShouldBeClose(second.Delta.B, 1e-12);
    }

    [Fact]
    public void An_update_of_zero_keeps_one_rank_of_zeros()
    {
        using var scope = NewDisposeScope();
        LoraDelta[] updates =
        [
            Delta(zeros(4, 3), ones(3, 5)),
            Delta(ones(4, 3), ones(3, 5), scaling: 0),
            // 0.1 − 0.1, in float32 factors that are large on their own.
            Delta(cat([full(4, 1, 1e3), full(4, 1, 1e3)], 1), cat([full(1, 5, 0.1), full(1, 5, -0.1)], 0)),
        ];
        foreach (var update in updates)
        {
            foreach (var target in new[] { RankTarget.Rank(3), RankTarget.Energy(1) })
            {
                using var compressed = AdapterCompression.Compress(update, target);
                compressed.Rank.Should().Be(1);
                (compressed.RetainedEnergy, compressed.RelativeError).Should().Be((1, 0));
                compressed.Delta.ToDense().ShouldBeIdentical(zeros(4, 5));
            }
        }
    }

    [Fact]
    public void A_rank_above_the_layer_shrinks_to_the_layer()
    {
        using var scope = NewDisposeScope();
        using var delta = SmallLayers.Delta(inFeatures: 3, outFeatures: 5, rank: 12, scaling: 0.7, seed: 3);
        using var compressed = AdapterCompression.Compress(delta, RankTarget.Rank(12));
        (compressed.RankBefore, compressed.Rank).Should().Be((12, 3));
        DenseSvd.RelativeDistance(compressed.Delta.ToDense(), DenseSvd.Dense(delta)).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void What_is_known_of_the_adapter_goes_along()
    {
        using var scope = NewDisposeScope();
        using var adapter = new LoraAdapter("a", [new("layer", Diagonal())], "base")
        {
            Revision = "r",
            Head = new SavedHead(ones(2, 4), null),
            Provenance = new AdapterProvenance { Method = "uniform", Sources = [new AdapterSource { Name = "s", Weight = 1 }] },
        };
        using var compressed = AdapterCompression.Compress(adapter, RankTarget.Rank(1));
        var result = compressed.Adapter;
        (result.BaseModel, result.Revision, result.Provenance).Should().Be(("base", "r", adapter.Provenance));
        result.Head!.Weight.ShouldBeIdentical(adapter.Head.Weight);
        result.Head.Should().NotBeSameAs(adapter.Head);
    }

    [Fact]
    public void Modules_of_very_different_size_keep_their_ranks()
    {
        using var scope = NewDisposeScope();
        using var delta = Delta(eye(4, 2, dtype: ScalarType.Float64).mul(tensor(new[] { 1e20, 1 })), eye(2, 4, dtype: ScalarType.Float64).mul(tensor(new[] { 1e-20, 1 }).unsqueeze(1)));
        using var compressed = AdapterCompression.Compress(delta, RankTarget.Energy(1));
        compressed.Rank.Should().Be(2);
        compressed.Delta.ToDense().ShouldBeClose(diag(tensor(new[] { 1.0, 1, 0, 0 })), 1e-12);
    }

    [Fact]
    public void Bfloat16_factors_are_read_exactly()
    {
        using var scope = NewDisposeScope();
        using var delta = SmallLayers.Delta(6, 8, 3, 0.3, seed: 4, ScalarType.BFloat16);
        using var compressed = AdapterCompression.Compress(delta, RankTarget.Rank(3));
        compressed.Delta.A.dtype.Should().Be(ScalarType.Float32);
        DenseSvd.RelativeDistance(compressed.Delta.ToDense(), DenseSvd.Dense(delta)).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void The_reference_composition_survives_its_full_rank_and_loses_less_with_every_rank()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        LoraAdapter whole;
        using (var composition = Composition.AttachUniform(model, Fixture.Adapters())) whole = composition.ToAdapter("all");
        using var owned = whole;
        double[]? before = null;
        foreach (var rank in new[] { 1, 2, 4, 8, 15, 16, 40 })
        {
            using var compressed = AdapterCompression.Compress(whole, RankTarget.Rank(rank), "small");
            compressed.Adapter.Name.Should().Be("small");
            compressed.Adapter.BaseModel.Should().Be(whole.BaseModel);
            compressed.Layers.Select(layer => layer.Path).Should().Equal(whole.Layers.Keys);
            foreach (var layer in compressed.Layers)
            {
                var (dense, small) = (DenseSvd.Dense(whole.Layers[layer.Path]), compressed.Adapter.Layers[layer.Path]);
                layer.RankBefore.Should().Be(whole.Layers[layer.Path].Rank);
                layer.Rank.Should().Be(small.Rank).And.Be(Math.Min(rank, layer.RankBefore));
                var distance = DenseSvd.RelativeDistance(DenseSvd.Dense(small), dense);
                layer.RelativeError.Should().BeApproximately(distance, 1e-6).And.BeApproximately(DenseSvd.TailOf(DenseSvd.SingularValues(dense), rank), 1e-9);
                if (rank >= 16) distance.Should().BeLessThan(1e-6);
            }
            double[] energies = [.. compressed.Layers.Select(layer => layer.RetainedEnergy)];
            for (int i = 0; i < energies.Length; i++) energies[i].Should().BeGreaterThanOrEqualTo(before?[i] ?? 0);
            before = energies;
        }
        before.Should().AllBeEquivalentTo(1.0);
    }

    [Fact]
    public void A_compressed_adapter_survives_its_file()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var adapter = Fixture.Adapter("vit-pattern");
        using var compressed = AdapterCompression.Compress(adapter, RankTarget.Energy(0.8));
        compressed.Layers.Select(layer => layer.Rank).Distinct().Should().HaveCountGreaterThan(1, "the test is about mixed ranks");
        compressed.Adapter.Save(folder.Path);
        using var read = LoraAdapter.Load(folder.Path);
        foreach (var (path, delta) in compressed.Adapter.Layers) read.Layers[path].ToDense().ShouldBeIdentical(delta.ToDense());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1.0000001)]
    [InlineData(double.NaN)]
    public void Refuses_shares_that_are_none(double share) =>
        FluentActions.Invoking(() => RankTarget.Energy(share)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*(0, 1]*");

    [Fact]
    public void Refuses_ranks_below_one() => FluentActions.Invoking(() => RankTarget.Rank(0)).Should().Throw<ArgumentOutOfRangeException>();

    [Fact]
    public void Names_the_layer_that_is_not_finite_and_leaves_nothing_behind()
    {
        using var adapter = new LoraAdapter("bad", [new("a", SmallLayers.Delta(3, 3, 2, 1, 1)), new("b", Delta(ones(2, 1), full(1, 2, double.NaN, dtype: ScalarType.Float32)))]);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        FluentActions.Invoking(() => AdapterCompression.Compress(adapter, RankTarget.Rank(1))).Should().Throw<ArgumentException>().WithMessage("Adapter 'bad', layer 'b': lora_A holds NaN*");
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
    }
}
