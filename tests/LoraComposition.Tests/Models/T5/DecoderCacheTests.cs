using LoraComposition.Models;
using LoraComposition.Tests.Attachments;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.T5;

[Collection(nameof(StepOperationsTests))]
public sealed class DecoderCacheTests : IDisposable
{
    const int Tokens = 40;
    readonly DisposeScope scope = NewDisposeScope();
    readonly T5Model model = T5Model.Create(new T5Config
    {
        HiddenSize = 16,
        HeadCount = 2,
        KeyValueSize = 8,
        IntermediateSize = 24,
        EncoderLayerCount = 1,
        DecoderLayerCount = 2,
        VocabularySize = 50,
    }, seed: 1);

    public void Dispose()
    {
        model.Dispose();
        scope.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Token_by_token_it_decodes_what_the_whole_gives(bool withGraph)
    {
        using var gradients = set_grad_enabled(withGraph);
        var (ids, decoded) = (Ids(2, 5), Ids(2, Tokens));
        var states = model.Encode(ids).detach();
        var whole = model.Decode(decoded, states);
        using var cache = model.StartDecoding(states);

        var single = cat([.. Enumerable.Range(0, Tokens).Select(t => model.Decode(decoded.narrow(1, t, 1), cache))], 1);

        single.ShouldBeClose(whole, 1e-5);
        cache.Length.Should().Be(Tokens);
        if (!withGraph) return;
        var key = model.Sites.First(site => site.Path.Contains("decoder", StringComparison.Ordinal) && site.Role == LinearRole.Key).BaseLayer.weight!;
        whole.square().sum().backward();
        var expected = key.grad!.clone();
        key.grad = null;
        single.square().sum().backward();
        key.grad!.ShouldBeClose(expected, 1e-3);
    }

    [Fact]
    public void Sequences_are_chosen_in_any_order_between_two_tokens()
    {
        using var noGrad = no_grad();
        var (ids, decoded) = (Ids(3, 5), Ids(3, 20));
        using var cache = model.StartDecoding(model.Encode(ids));
        for (int t = 0; t < 18; t++) model.Decode(decoded.narrow(1, t, 1), cache);
        var order = tensor(new long[] { 2, 0 });

        cache.Choose(order);
        var found = cat([model.Decode(decoded.index_select(0, order).narrow(1, 18, 1), cache), model.Decode(decoded.index_select(0, order).narrow(1, 19, 1), cache)], 1);

        var expected = model.Decode(decoded.index_select(0, order), model.Encode(ids.index_select(0, order)));
        found.ShouldBeClose(expected.narrow(1, 18, 2), 1e-5);
    }

    /// <summary>What was decoded before is not copied for each token, only where the memory doubles.</summary>
    [Fact]
    public void A_token_copies_nothing_but_itself()
    {
        Assert.SkipUnless(OperationCounts.IsSupported, "Operations are counted on 64-bit Linux.");
        using var noGrad = no_grad();
        using var cache = model.StartDecoding(model.Encode(Ids(2, 5)));
        var copies = new List<int>();

        for (int t = 0; t < Tokens; t++)
        {
            using var counts = new OperationCounts();
            model.Decode(Ids(2, 1), cache);
            counts.ByName.GetValueOrDefault("aten::cat").Should().Be(0);
            copies.Add(counts.ByName.GetValueOrDefault("aten::copy_"));
        }

        copies.Index().Where(token => token.Item > copies.Min()).Should().Equal([(16, copies.Min() + 4), (32, copies.Min() + 4)], "there the keys and values of two blocks move to twice the room");
    }

    static Tensor Ids(int batch, int tokens) => arange(batch * tokens).mul(7).remainder(49).add(1).view(batch, tokens).to(ScalarType.Int64);
}
