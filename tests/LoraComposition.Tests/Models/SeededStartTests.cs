using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models;

/// <summary>A seed gives the model that it always gave: the first numbers of each kind of parameter, and its deviation.</summary>
public class SeededStartTests
{
    [Theory]
    [InlineData("embeddings.class_token", 0.0210, 0.017946, -0.021328)]
    [InlineData("embeddings.positions", 0.0181, 0.034794, 0.007347)]
    [InlineData("embeddings.projection.weight", 0.0184, -0.009136, -0.003320)]
    [InlineData("embeddings.projection.bias", 0, 0, 0)]
    [InlineData("blocks.0.norm_before.weight", 0, 1, 1)]
    [InlineData("blocks.0.norm_before.bias", 0, 0, 0)]
    [InlineData("blocks.0.attention.query.weight", 0.0161, -0.009753, 0.016369)]
    [InlineData("blocks.0.attention.query.bias", 0, 0, 0)]
    [InlineData("blocks.0.feed_forward.leave.weight", 0.0183, 0.009399, -0.025146)]
    public void Of_a_vit(string name, double deviation, double first, double second)
    {
        using var model = VisionTransformer.Create(new VitConfig { HiddenSize = 16, LayerCount = 2, HeadCount = 2, IntermediateSize = 24, ImageSize = 8, PatchSize = 4, ClassNames = ["a", "b"] }, seed: 5);
        ShouldStart(model, name, deviation, first, second);
    }

    [Theory]
    [InlineData("shared.weight", 1.0200, 1.842330, 0.518887)]
    [InlineData("encoder.positions.weight", 0.3974, 0.168240, 0.543715)]
    [InlineData("encoder.blocks.0.norm_before.weight", 0, 1, 1)]
    [InlineData("encoder.blocks.0.attention.q.weight", 0.1335, -0.065993, -0.051279)]
    [InlineData("encoder.blocks.0.attention.k.weight", 0.3604, -0.585350, -0.118141)]
    [InlineData("encoder.blocks.0.attention.v.weight", 0.3560, -0.705627, 0.156882)]
    [InlineData("encoder.blocks.0.attention.o.weight", 0.2798, -0.178515, -0.114378)]
    [InlineData("encoder.blocks.0.feed_forward.gate.weight", 0.3355, 0.210058, -0.078731)]
    [InlineData("encoder.blocks.0.feed_forward.enter.weight", 0.3208, 0.297203, 0.358347)]
    [InlineData("encoder.blocks.0.feed_forward.leave.weight", 0.1902, 0.131023, -0.173693)]
    [InlineData("decoder.positions.weight", 0.2835, 0.020743, 0.198830)]
    [InlineData("decoder.blocks.0.cross_attention.q.weight", 0.1546, -0.027181, 0.073760)]
    [InlineData("decoder.norm.weight", 0, 1, 1)]
    [InlineData("lm_head.weight", 0.9848, 0.437197, -0.174015)]
    public void Of_a_t5(string name, double deviation, double first, double second)
    {
        using var model = T5Model.Create(new T5Config
        {
            VocabularySize = 20,
            HiddenSize = 8,
            KeyValueSize = 6,
            IntermediateSize = 24,
            EncoderLayerCount = 2,
            DecoderLayerCount = 1,
            HeadCount = 2,
            RelativeBucketCount = 8,
            RelativeMaxDistance = 16,
            FeedForward = T5FeedForwardKind.GatedGelu,
            TiedHead = false,
        }, seed: 5);
        ShouldStart(model, name, deviation, first, second);
    }

    static void ShouldStart(nn.Module model, string name, double deviation, double first, double second)
    {
        using var scope = NewDisposeScope();
        var parameter = model.get_parameter(name)!.detach().flatten();
        // The inverse error function and the logarithm differ in the last bits from one processor to another.
        parameter.std().item<float>().Should().BeApproximately((float)deviation, 1e-4f);
        parameter.data<float>().ToArray().Take(2).Should().BeEquivalentTo([(float)first, (float)second], o => o.WithStrictOrdering().Using<float>(c => c.Subject.Should().BeApproximately(c.Expectation, 1e-5f)).WhenTypeIs<float>());
    }
}
