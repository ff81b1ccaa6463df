using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Merging;

/// <summary>The merge methods beside an independent implementation in float64: modules of ranks 4, 8 and 8 and scalings 2, ½ and 1.</summary>
public sealed class MergeReferenceTests
{
    static readonly Dictionary<string, Func<Dictionary<string, Tensor>, MergeMethod>> methods = new()
    {
        ["uniform"] = _ => new MeanMerge(),
        ["task_arithmetic.lambda0.4"] = _ => new TaskArithmeticMerge(0.4),
        ["ties.density0.3"] = _ => new TiesMerge(0.3),
        ["magnitude.density0.3.sum"] = _ => new MagnitudeMerge(0.3),
        ["breadcrumbs.density0.5.gamma0.1.lambda0.8"] = _ => new BreadcrumbsMerge(0.5, 0.1, 0.8),
        ["dare.density0.4.sum"] = values => new DareMerge(0.4, 0, false, 1, Masks(values)),
        ["dare_ties.density0.4"] = values => new DareMerge(0.4, 0, true, 1, Masks(values)),
        ["fisher.floor1e-6"] = values => new FisherMerge([.. Enumerable.Range(0, 3).Select(n => new Diagonal(values["fisher.diagonal"][n]))]),
        ["knots_ties.density0.3"] = _ => new KnotsMerge(0.3),
        ["core_space_ties.density0.3"] = _ => new CoreSpaceMerge(0.3),
        ["core_space_mean"] = _ => new CoreSpaceMerge(),
    };

    public static TheoryData<string, ScalarType, double> Methods()
    {
        var data = new TheoryData<string, ScalarType, double>();
        foreach (string name in methods.Keys)
        {
            data.Add(name, ScalarType.Float64, 1e-12);
            data.Add(name, ScalarType.Float32, 1e-5);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Agrees_with_the_reference(string name, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var values = Values();
        var method = methods[name](values);
        using var merged = method.Merge(new MergeLayer("layer", Modules(values, type)));
        merged.ToDense().ShouldBeClose(values[name], tolerance);
        using var delta = merged.ToDelta();
        delta.ToDense().ShouldBeClose(values[name], tolerance);
        delta.A.dtype.Should().Be(type);
        merged.Rank.Should().Be(delta.Rank);
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-12)]
    [InlineData(ScalarType.Float32, 1e-5)]
    public void Weights_multiply_the_updates_before_a_method_sees_them(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var values = Values();
        double[] weights = values["weights"].data<double>().ToArray();
        using var merged = new TaskArithmeticMerge().Merge(new MergeLayer("layer", Modules(values, type), weights));
        merged.ToDense().ShouldBeClose(values["weighted"], tolerance);
        using var compressed = merged.Compress(RankTarget.Rank(6));
        compressed.Delta.ToDense().ShouldBeClose(values["weighted.rank6"], tolerance);
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-12)]
    [InlineData(ScalarType.Float32, 1e-5)]
    public void Averages_of_factors_agree_where_the_ranks_are_equal(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var values = Values();
        var modules = Modules(values, type)[1..];
        using var mean = new FactorMeanMerge().Merge(new MergeLayer("layer", modules));
        mean.ToDense().ShouldBeClose(values["factor_means"], tolerance);
        mean.Rank.Should().Be(8);
        using var hub = new LoraHubMerge(values["lorahub.weights"].data<double>().ToArray()).Merge(new MergeLayer("layer", modules));
        hub.ToDense().ShouldBeClose(values["lorahub"], tolerance);
    }

    [Fact]
    public void The_means_in_other_spaces_are_the_mean()
    {
        using var scope = NewDisposeScope();
        var values = Values();
        using var merged = new KnotsMerge().Merge(new MergeLayer("layer", Modules(values, ScalarType.Float64)));
        merged.ToDense().ShouldBeClose(values["uniform"], 1e-12);
        merged.IsFactored.Should().BeTrue();
    }

    static Dictionary<string, Tensor> Values() => Fixture.Tensors("methods", "expected.safetensors");

    static LoraDelta[] Modules(Dictionary<string, Tensor> values, ScalarType type)
    {
        double[] scalings = values["scaling"].data<double>().ToArray();
        return [.. scalings.Select((scaling, n) => new LoraDelta(values[$"lora_A.{n}"].to(type), values[$"lora_B.{n}"].to(type), scaling))];
    }

    static Func<MergeLayer, int, Func<(long Start, long Count), Tensor>> Masks(Dictionary<string, Tensor> values) =>
        (_, n) => rows => values["dare.mask"][n].narrow(0, rows.Start, rows.Count).to(ScalarType.Bool);

    sealed record Diagonal(Tensor Values) : IFisherDiagonal
    {
        public Tensor Read(string layer) => Values.clone();
    }
}
