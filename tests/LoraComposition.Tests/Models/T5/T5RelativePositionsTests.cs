using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.T5;

public class T5RelativePositionsTests
{
    static long[] Row(bool bidirectional, int tokens, int from)
    {
        using var scope = NewDisposeScope();
        using var positions = new T5RelativePositions(new T5Config(), bidirectional, CPU);
        return positions.Buckets(1, tokens, from).data<long>().ToArray();
    }

    // 16 buckets for each direction: the first 8 distances have their own, then the bounds grow by 128/8 to the power of 1/8, which is √2.
    [Fact]
    public void An_encoder_tells_both_directions_apart()
    {
        var forward = Row(true, 200, 0);
        forward[0].Should().Be(0);
        forward[1..8].Should().Equal(17, 18, 19, 20, 21, 22, 23);
        forward[8..16].Should().Equal(24, 24, 24, 24, 25, 25, 25, 25);
        int[] bounds = [.. Enumerable.Range(1, 199).Where(i => forward[i] != forward[i - 1] && i > 8)];
        bounds.Should().Equal(12, 16, 23, 32, 46, 64, 91);
        forward[199].Should().Be(31);
        Row(true, 200, 199).Reverse().Skip(1).Should().Equal(forward.Skip(1).Select(bucket => bucket - 16), "behind is the same, without the offset");
    }

    [Fact]
    public void A_decoder_gives_all_buckets_to_what_came_before()
    {
        var back = Row(false, 200, 199).Reverse().ToArray();
        back[..16].Should().Equal(Enumerable.Range(0, 16).Select(i => (long)i));
        back[16].Should().Be(16);
        back[127..].Should().AllBeEquivalentTo(31L);
        Row(false, 10, 0).Should().AllBeEquivalentTo(0L, "what comes later is masked");
    }

    [Fact]
    public void An_offset_gives_the_rows_of_the_whole()
    {
        using var scope = NewDisposeScope();
        using var positions = new T5RelativePositions(new T5Config(), bidirectional: false, CPU);
        positions.Buckets(3, 40, 37).equal(positions.Buckets(40, 40, 0)[37..]).all().item<bool>().Should().BeTrue();
    }
}
