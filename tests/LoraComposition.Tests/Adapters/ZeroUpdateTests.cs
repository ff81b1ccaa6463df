using LoraComposition.Models;
using LoraComposition.Tests.Support;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Adapters;

/// <summary>A module that changes nothing says so wherever it is used.</summary>
public sealed class ZeroUpdateTests
{
    const string First = "vit.layers.0.attention.q_proj", Second = "vit.layers.1.attention.q_proj";

    [Theory]
    [InlineData(true, false, 1, true)]
    [InlineData(false, true, 1, true)]
    [InlineData(false, false, 0, true)]
    [InlineData(false, false, 1, false)]
    [InlineData(false, false, -1e-30, false)]
    public void An_update_is_zero_where_a_factor_or_the_scaling_is(bool zeroA, bool zeroB, double scaling, bool expected)
    {
        using var delta = Delta(zeroA, zeroB, scaling);
        delta.IsZero.Should().Be(expected);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.Float64)]
    public void A_single_number_is_something_in_every_type(ScalarType type)
    {
        var b = zeros(32, 2, dtype: type);
        b[31, 1] = -1e-4;
        using var delta = new LoraDelta(ones(2, 32, dtype: type), b, 1);
        delta.IsZero.Should().BeFalse();
    }

    [Fact]
    public void What_is_no_number_is_not_zero()
    {
        using var delta = new LoraDelta(ones(2, 32), full([32, 2], double.NaN), 1);
        delta.IsZero.Should().BeFalse();
    }

    [Fact]
    public void An_adapter_counts_its_zero_layers_and_warns_where_all_are()
    {
        using var part = new LoraAdapter("part", [new(First, Delta(zeroB: true)), new(Second, Delta())]);
        using var none = new LoraAdapter("none", [new(First, Delta(zeroB: true)), new(Second, Delta(zeroA: true))]);
        using var one = new LoraAdapter("one", [new(First, Delta(zeroB: true))]);

        (part.ZeroLayerCount, part.IsZero, part.ZeroWarning).Should().Be((1, false, null));
        (none.ZeroLayerCount, none.IsZero).Should().Be((2, true));
        none.ZeroWarning.Should().Be("Adapter 'none' changes nothing: its update is zero in all 2 layers; its training may have kept its start.");
        one.ZeroWarning.Should().Contain("zero in its only layer;");
    }

    [Fact]
    public void The_check_and_attaching_warn()
    {
        using var model = Fixture.Vit();
        using var none = new LoraAdapter("none", [new(First, Delta(zeroB: true)), new(Second, Delta(zeroB: true))]);
        using var part = new LoraAdapter("part", [new(First, Delta(zeroB: true)), new(Second, Delta())]);
        var logger = new CollectingLogger();

        var found = AdapterCompatibility.Check(model, part, none);
        using (Composition.AttachLearned(model, [part, none], logger: logger)) { }

        found.IsCompatible.Should().BeTrue();
        found.Warnings.Should().Equal(none.ZeroWarning);
        logger.At(LogLevel.Warning).Should().Equal(none.ZeroWarning);
    }

    [Fact]
    public void A_tuning_that_has_not_trained_exports_a_zero_update()
    {
        using var model = Fixture.Vit();
        using var tuning = LoraTuning.Attach(model, new LoraOptions { Rank = 2 });
        using var adapter = tuning.ToAdapter("fresh");
        adapter.IsZero.Should().BeTrue();
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using var delta = Delta(zeroA: true);
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        _ = delta.IsZero;
        TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
    }

    static LoraDelta Delta(bool zeroA = false, bool zeroB = false, double scaling = 1) =>
        new(zeroA ? zeros(2, 32) : ones(2, 32), zeroB ? zeros(32, 2) : ones(32, 2).mul_(0.01), scaling);
}
