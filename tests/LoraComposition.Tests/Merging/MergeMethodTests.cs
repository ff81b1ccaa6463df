using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Merging;

public sealed class MergeMethodTests
{
    // A block of rows and a bit: 2²² entries are a block.
    const long Rows = 2500, Columns = 1900;

    static LoraDelta[] Modules(long rows = 12, long columns = 9, ScalarType type = ScalarType.Float64) =>
        [SmallLayers.Delta(columns, rows, 2, 2, 1, type), SmallLayers.Delta(columns, rows, 3, 0.5, 2, type), SmallLayers.Delta(columns, rows, 3, 1, 3, type)];

    static Tensor Merge(MergeMethod method, IReadOnlyList<LoraDelta?> modules, IReadOnlyList<double>? weights = null)
    {
        using var merged = method.Merge(new MergeLayer("layer", modules, weights));
        return merged.ToDense();
    }

    [Fact]
    public void Large_matrices_are_pruned_over_their_blocks_as_one()
    {
        using var scope = NewDisposeScope();
        var modules = Modules(Rows, Columns, ScalarType.Float32);
        var expected = zeros(Rows, Columns);
        foreach (var module in modules)
        {
            var dense = module.B.mul(module.Scaling).matmul(module.A);
            var (sorted, _) = dense.abs().flatten().sort(descending: true);
            expected.add_(dense.mul(dense.abs().ge(sorted[(long)(0.3 * dense.numel()) - 1])));
        }
        Merge(new MagnitudeMerge(0.3), modules).ShouldBeClose(expected, 1e-5);
    }

    [Fact]
    public void Breadcrumbs_keeps_the_first_of_equal_entries_over_blocks()
    {
        using var scope = NewDisposeScope();
        // All entries are 1: of the 4.75 million the first tenth is left out and the next half kept.
        var module = new LoraDelta(ones(1, Columns), ones(Rows, 1), 1);
        var merged = Merge(new BreadcrumbsMerge(0.5, 0.1), [module]).flatten();
        long all = Rows * Columns;
        merged.narrow(0, 0, all / 10).sum().item<float>().Should().Be(0);
        merged.narrow(0, all / 10, all / 2).min().item<float>().Should().Be(1);
        merged.narrow(0, all * 6 / 10, all * 4 / 10).sum().item<float>().Should().Be(0);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Any_number_of_largest_entries_is_found_exactly(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var module = SmallLayers.Delta(7, 6, 3, 1, 5, type);
        var dense = module.ToDense();
        var (sorted, _) = dense.abs().flatten().sort(descending: true);
        for (int k = 1; k <= 42; k++)
        {
            // A density in the middle, so that rounding of density × entries does not matter.
            var kept = Merge(new MagnitudeMerge(Math.Min(1, (k + 0.5) / 42)), [module]);
            kept.ShouldBeClose(dense.mul(dense.abs().ge(sorted[k - 1])), 1e-6, $"{k} entries");
        }
    }

    [Fact]
    public void A_density_below_one_entry_keeps_none()
    {
        using var scope = NewDisposeScope();
        Merge(new TiesMerge(0.001), Modules()).abs().sum().item<double>().Should().Be(0);
        Merge(new KnotsMerge(0.001), Modules()).abs().sum().item<double>().Should().Be(0);
    }

    [Fact]
    public void What_dare_drops_depends_on_seed_layer_and_module_alone()
    {
        using var scope = NewDisposeScope();
        var modules = Modules();
        var first = Merge(new DareMerge(0.5, 1), modules);
        Merge(new DareMerge(0.5, 1), modules).ShouldBeIdentical(first);
        Merge(new DareMerge(0.5, 2), modules).equal(first).all().item<bool>().Should().BeFalse();
        using var elsewhere = new DareMerge(0.5, 1).Merge(new MergeLayer("other", modules));
        elsewhere.ToDense().equal(first).all().item<bool>().Should().BeFalse();
    }

    [Fact]
    public void Dare_keeps_its_share_and_the_mean()
    {
        using var scope = NewDisposeScope();
        var module = new LoraDelta(ones(1, Columns), ones(Rows, 1), 1);
        var merged = Merge(new DareMerge(0.25, 3), [module]);
        merged.ne(0).to(ScalarType.Float64).mean().item<double>().Should().BeApproximately(0.25, 1e-3);
        merged.max().item<float>().Should().Be(4);
        // Blocks are drawn apart.
        merged.narrow(0, 0, 100).equal(merged.narrow(0, (1 << 22) / Columns, 100)).all().item<bool>().Should().BeFalse();
    }

    [Fact]
    public void A_module_that_leaves_the_layer_alone_counts_as_zero()
    {
        using var scope = NewDisposeScope();
        var modules = Modules();
        LoraDelta?[] gap = [modules[0], null, modules[2]];
        LoraDelta[] zero = [modules[0], new LoraDelta(zeros(1, 9, dtype: ScalarType.Float64), zeros(12, 1, dtype: ScalarType.Float64), 1), modules[2]];
        foreach (var method in (MergeMethod[])[new MeanMerge(), new TaskArithmeticMerge(), new TiesMerge(0.4), new MagnitudeMerge(0.4), new KnotsMerge(), new CoreSpaceMerge(),
            new KnotsMerge(0.4), new CoreSpaceMerge(0.4)])
            Merge(method, gap).ShouldBeClose(Merge(method, zero), 1e-12, method.Name);
    }

    [Fact]
    public void A_sum_of_many_modules_is_the_same_whole_and_in_factors()
    {
        using var scope = NewDisposeScope();
        LoraDelta[] many = [.. Enumerable.Range(0, 8).Select(seed => SmallLayers.Delta(9, 12, 3, 0.5, seed, ScalarType.Float64))];
        using var merged = new MeanMerge().Merge(new MergeLayer("layer", many));
        merged.IsFactored.Should().BeFalse("24 ranks take more numbers than the matrix");
        merged.ToDense().ShouldBeClose(many.Select(module => module.ToDense()).Aggregate((x, y) => x + y).div(8), 1e-12);
        using var exact = merged.ToDelta();
        exact.Rank.Should().Be(9);
        exact.ToDense().ShouldBeIdentical(merged.ToDense());
    }

    [Theory]
    [InlineData(12, 9)]
    [InlineData(9, 12)]
    public void A_whole_update_compresses_as_its_factors_do(long rows, long columns)
    {
        using var scope = NewDisposeScope();
        using var factored = new TaskArithmeticMerge().Merge(new MergeLayer("layer", Modules(rows, columns)));
        using var whole = new LayerUpdate(factored.ToDense());
        using var one = factored.Compress(RankTarget.Energy(0.9));
        using var other = whole.Compress(RankTarget.Energy(0.9));
        other.Rank.Should().Be(one.Rank);
        other.RelativeError.Should().BeApproximately(one.RelativeError, 1e-10);
        other.Delta.ToDense().ShouldBeClose(one.Delta.ToDense(), 1e-10);
        var difference = whole.ToDense().sub(other.Delta.ToDense());
        other.RelativeError.Should().BeApproximately(difference.norm().item<double>() / whole.ToDense().norm().item<double>(), 1e-10);
    }

    [Fact]
    public void A_large_whole_update_is_compressed_nearly_as_well_as_can_be()
    {
        using var scope = NewDisposeScope();
        using var merged = new TiesMerge(0.3).Merge(new MergeLayer("layer", Modules(1100, 1200, ScalarType.Float32)));
        using var quick = merged.Compress(RankTarget.Rank(12));
        using var again = merged.Compress(RankTarget.Rank(12));
        again.Delta.B.ShouldBeIdentical(quick.Delta.B);
        var dense = merged.ToDense();
        double error = dense.sub(quick.Delta.ToDense()).norm().item<float>() / dense.norm().item<float>();
        quick.RelativeError.Should().BeApproximately(error, 1e-5, "the error is measured");
        var sigma = linalg.svdvals(dense.to(ScalarType.Float64));
        double best = Math.Sqrt(sigma.narrow(0, 12, 1088).square().sum().item<double>() / sigma.square().sum().item<double>());
        error.Should().BeLessThan(best * 1.01);
        quick.Rank.Should().Be(12);
    }

    [Fact]
    public void Bad_input_is_refused_by_name()
    {
        using var scope = NewDisposeScope();
        var modules = Modules();
        Refused(() => Merge(new FactorMeanMerge(), modules)).Should().Contain("'layer'").And.Contain("rank 2").And.Contain("module 2").And.Contain("uniform");
        Refused(() => Merge(new FactorMeanMerge(), [modules[1], modules[2]], [1, -1])).Should().Contain("module 2").And.Contain("at least 0");
        Refused(() => Merge(new LoraHubMerge([1]), modules)).Should().Contain("3 coefficients");
        Refused(() => Merge(new MeanMerge(), [modules[0], SmallLayers.Delta(9, 13, 2, 1, 1)])).Should().Contain("[13, 9]").And.Contain("[12, 9]");
        Refused(() => Merge(new MeanMerge(), modules, [1, 2])).Should().Contain("3 weights");
        Refused(() => Merge(new MeanMerge(), modules, [1, 2, double.NaN])).Should().Contain("finite");
        Refused(() => Merge(new MeanMerge(), [null])).Should().Contain("no module adapts it");
        foreach (double density in (double[])[0, -1, 1.01, double.NaN])
        {
            ((Action)(() => _ = new TiesMerge(density))).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*density*(0, 1]*");
            ((Action)(() => _ = new BreadcrumbsMerge(density))).Should().Throw<ArgumentOutOfRangeException>();
        }
        ((Action)(() => _ = new BreadcrumbsMerge(0.5, -0.1))).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*gamma*[0, 1]*");
        ((Action)(() => _ = new MeanMerge(double.NaN))).Should().Throw<ArgumentOutOfRangeException>();

        static string Refused(Action action) => action.Should().Throw<ArgumentException>().Which.Message;
    }

    [Fact]
    public void A_result_that_is_no_number_is_refused()
    {
        using var scope = NewDisposeScope();
        LoraDelta[] modules = [new(full([1, 3], 1e30f), full([2, 1], 1e30f), 1)];
        ((Action)(() => Merge(new TiesMerge(1), modules))).Should().Throw<NonFiniteException>().WithMessage("*'layer'*'ties'*");
    }

    [Fact]
    public void Every_method_is_found_by_its_name_and_asks_for_what_it_needs()
    {
        var settings = new MergeSettings { Density = 0.3, Seed = 1, Fisher = [] };
        foreach (var info in MergeMethods.All)
        {
            MergeMethods.Find(info.Name).Should().BeSameAs(info);
            var method = info.Create(new MergeSettings
            {
                Density = info.Needs.Contains("density") ? 0.3 : null,
                Seed = info.Needs.Contains("seed") ? 1 : null,
                Fisher = info.Needs.Contains("fisher") ? [] : null,
                Lambda = 0.5,
            });
            method.Name.Should().Be(info.Name);
            method.Lambda.Should().Be(0.5);
            method.Settings.Keys.Should().Contain("lambda");
        }
        MergeMethods.Find("nothing").Should().BeNull();
        ((Action)(() => MergeMethods.Find("dare")!.Create(new MergeSettings { Density = 0.3 }))).Should().Throw<ArgumentException>().WithMessage("*'dare' needs a seed*");
        ((Action)(() => MergeMethods.Find("uniform")!.Create(settings))).Should().Throw<ArgumentException>().WithMessage("*'uniform' takes no density*");
    }
}
