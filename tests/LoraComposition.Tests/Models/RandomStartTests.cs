using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models;

/// <summary>What a checkpoint gives is not drawn first: that costs seconds for a large model, and memory before the sizes were compared with the file.</summary>
public class RandomStartTests
{
    [Theory]
    [InlineData("vit-hf")]
    [InlineData("vit-hf-backbone")]
    [InlineData("vit-timm")]
    [InlineData("t5-v1.0")]
    [InlineData("t5-flan")]
    public void Loading_draws_no_random_numbers(string name) => DrawsNothing(() => (IDisposable)BaseModel.Load(Fixture.Path(name)));

    [Fact]
    public void Nor_does_a_shape_without_memory()
    {
        DrawsNothing(() => new VisionTransformer(new VitConfig { LayerCount = 1 }, META));
        DrawsNothing(() => new T5Model(new T5Config { EncoderLayerCount = 1, DecoderLayerCount = 1 }, META));
    }

    [Fact]
    public void Drawing_would_be_seen() => FluentActions.Invoking(() => DrawsNothing(() => rand(1))).Should().Throw<Xunit.Sdk.XunitException>();

    static void DrawsNothing(Func<IDisposable> make)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        int undisturbed = Next();
        random.manual_seed(1);
        make().Dispose();
        Next().Should().Be(undisturbed);
    }

    static int Next() => randint(0, int.MaxValue, [1], dtype: ScalarType.Int32).item<int>();
}
