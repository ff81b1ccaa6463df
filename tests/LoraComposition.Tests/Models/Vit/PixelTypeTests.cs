using LoraComposition.Models;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

public class PixelTypeTests
{
    [Theory]
    [InlineData(ScalarType.Float32, ScalarType.Byte)]
    [InlineData(ScalarType.Float32, ScalarType.Int64)]
    [InlineData(ScalarType.Float32, ScalarType.Float64)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    public void Pixels_of_another_type_than_the_models_are_refused(ScalarType ofModel, ScalarType ofPixels)
    {
        using var scope = NewDisposeScope();
        using var model = VisionTransformer.Load(Fixture.Path("vit-hf"), new VitLoadOptions { Dtype = ofModel });
        var pixels = zeros([1, 3, 32, 32], dtype: ofPixels);
        foreach (var read in (Action[])[() => model.call(pixels), () => model.Features(pixels), () => model.HiddenStates(pixels)])
            read.Should().Throw<ArgumentException>().WithMessage($"Expected floating-point pixels of the model's type {ofModel}, found {ofPixels};*");
        model.call(pixels.to(ofModel)).shape.Should().Equal(1, 5);
    }
}
