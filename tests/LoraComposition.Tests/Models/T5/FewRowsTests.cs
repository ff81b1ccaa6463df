using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Tests.Models.T5;

public sealed class FewRowsTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(1, 5, 5)]
    [InlineData(1, 6, 16)]
    [InlineData(5, 3, 16)]
    [InlineData(16, 1, 16)]
    [InlineData(17, 1, 17)]
    public void Rows_are_filled_up_where_that_is_faster_and_the_product_is_the_same(int batch, int tokens, int computed)
    {
        using var noGrad = no_grad();
        var (weight, input) = (rand(9, 4), rand(batch, tokens, 4));
        long rows = 0;

        var output = FewRows.Apply(input, x =>
        {
            rows = x.numel() / 4;
            return functional.linear(x, weight);
        });

        rows.Should().Be(computed);
        output.ShouldBeClose(functional.linear(input, weight), 1e-6);
    }

    [Fact]
    public void With_gradients_and_in_other_types_nothing_is_filled_up()
    {
        FewRows.Apply(rand(8, 4), x => x).shape.Should().Equal([8, 4], "a graph would hold the filling");
        using var noGrad = no_grad();
        FewRows.Apply(rand(8, 4, ScalarType.Float64), x => x).shape.Should().Equal(8, 4);
    }
}
