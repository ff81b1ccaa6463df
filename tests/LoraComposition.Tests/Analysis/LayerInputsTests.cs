using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Analysis;

public class LayerInputsTests
{
    static readonly VitConfig config = new() { HiddenSize = 8, LayerCount = 2, HeadCount = 2, IntermediateSize = 16, ImageSize = 8, PatchSize = 4 };

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    public void The_scatter_does_not_depend_on_the_batches(int batch)
    {
        using var scope = NewDisposeScope();
        var x = randn(20, 5).mul(0.01).add(1000);
        using var inputs = new InputStatistics(5);
        foreach (var part in x.split(batch)) inputs.Add(part.unsqueeze(0));

        var wide = x.to(ScalarType.Float64);
        var centred = wide.sub(wide.mean([0], keepdim: true));
        inputs.Count.Should().Be(20);
        inputs.Scatter.sub(centred.t().matmul(centred)).abs().max().item<double>().Should().BeLessThan(1e-10);
    }

    [Fact]
    public void Inputs_of_another_width_are_refused()
    {
        using var scope = NewDisposeScope();
        using var inputs = new InputStatistics(5);

        FluentActions.Invoking(() => inputs.Add(zeros(2, 4))).Should().Throw<ArgumentException>().WithMessage("*[*, 5]*[2, 4]*");
        inputs.Add(zeros(0, 5));
        inputs.Count.Should().Be(0);
        FluentActions.Invoking(() => new InputStatistics(0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Every_token_of_every_pass_is_counted_until_it_stops()
    {
        using var model = VisionTransformer.Create(config, 0);
        var sites = model.Sites.Where(site => site.Role is LinearRole.Query or LinearRole.FeedForwardOut).ToArray();
        using (var inputs = LayerInputs.Record(sites))
        {
            Run(model, 3);
            Run(model, 2);

            inputs.Statistics.Keys.Should().BeEquivalentTo(sites);
            // Four patches and the class token of five pictures; the last block computes the class token alone.
            sites.Select(site => inputs.Statistics[site].Count).Should().Equal(25, 25, 5, 5);
            inputs.Statistics[sites[1]].InFeatures.Should().Be(16);
            FluentActions.Invoking(() => LayerInputs.Record([sites[0], sites[0]])).Should().Throw<ArgumentException>().WithMessage($"*{sites[0].Path}*twice*");
            Run(model, 1);
            inputs.Statistics[sites[0]].Count.Should().Be(30);
        }
        // What has stopped listening would fail on its disposed tensors.
        Run(model, 1);
    }

    [Fact]
    public void Listening_keeps_nothing_of_a_batch()
    {
        using var model = VisionTransformer.Create(config, 0);
        using var inputs = LayerInputs.Record(model.Sites);
        Run(model, 2);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (int i = 0; i < 3; i++) Run(model, 2);

        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
    }

    static void Run(VisionTransformer model, int pictures)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        model.Features(randn(pictures, 3, 8, 8));
    }
}
