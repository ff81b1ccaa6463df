using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.T5;

public sealed class T5ModelTests : IDisposable
{
    // The width of a head is not the width divided by the heads.
    internal static readonly T5Config Small = new() { VocabularySize = 20, HiddenSize = 12, EncoderLayerCount = 2, DecoderLayerCount = 1, HeadCount = 2, KeyValueSize = 4, IntermediateSize = 10, RelativeBucketCount = 8, RelativeMaxDistance = 16 };

    internal static readonly T5Config SmallFlan = Small with { FeedForward = T5FeedForwardKind.GatedGelu, TiedHead = false, ScaledHead = false };

    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    // One token of t5-flan is badly conditioned: scores without a scale nearly tie, and the encoder's rounding in float32, 9e-6, becomes 1e-3 in its
    // logits, with the explicit products as with the fused kernel. In float64 only the reference's own norms and softmax are float32; with both rounded in
    // the same way the logits agree to 5e-7.
    [Theory]
    [InlineData("t5-v1.0", ScalarType.Float32, 1e-4, 1e-4)]
    [InlineData("t5-flan", ScalarType.Float32, 1e-4, 3e-3)]
    [InlineData("t5-v1.0", ScalarType.Float64, 1e-5, 1e-4)]
    [InlineData("t5-flan", ScalarType.Float64, 1e-5, 1e-4)]
    public void Encoder_states_logits_and_loss_equal_the_reference(string name, ScalarType dtype, double tolerance, double ofLogits)
    {
        using var noGrad = no_grad();
        using var model = Fixture.T5(name, dtype);
        var io = Fixture.Tensors(name, "io.safetensors");

        var states = model.Encode(io["input_ids"], io["attention_mask"]);
        states.ShouldBeClose(io["encoder_last_hidden_state"], tolerance);
        var decoderIds = model.ShiftRight(io["labels"]);
        model.Logits(model.Decode(decoderIds, states, io["attention_mask"])).ShouldBeClose(io["logits"], ofLogits);
        model.call(io["input_ids"], io["attention_mask"], decoderIds).ShouldBeClose(io["logits"], ofLogits);
        model.Loss(io["input_ids"], io["attention_mask"], io["labels"]).ShouldBeClose(io["loss"], 1e-4);
    }

    [Fact]
    public void Labels_are_shifted_right_and_ignored_ones_become_filling()
    {
        using var model = T5Model.Create(Small with { PadTokenId = 3, DecoderStartTokenId = 2 }, seed: 1);
        model.ShiftRight(tensor(new long[,] { { 5, 6, 7 }, { 8, -100, -100 } })).data<long>().Should().Equal(2, 5, 6, 2, 8, 3);
    }

    [Theory]
    [InlineData("t5-v1.0")]
    [InlineData("t5-flan")]
    public void Greedy_decoding_with_and_without_a_cache_gives_the_tokens_of_the_reference(string name)
    {
        using var noGrad = no_grad();
        using var model = Fixture.T5(name, ScalarType.Float64);
        var io = Fixture.Tensors(name, "io.safetensors");
        var states = model.Encode(io["input_ids"], io["attention_mask"]);
        using var cache = model.StartDecoding(states, io["attention_mask"]);

        var ids = full([3, 1], model.Config.DecoderStartTokenId, dtype: ScalarType.Int64);
        var finished = zeros(3, dtype: ScalarType.Bool);
        for (int step = 0; step < 8 && !finished.all().item<bool>(); step++)
        {
            var whole = model.Decode(ids, states, io["attention_mask"])[.., ^1..];
            var hidden = model.Decode(ids[.., ^1..], cache);
            hidden.ShouldBeClose(whole, 1e-9, $"step {step}");
            var next = model.Logits(hidden).argmax(-1).masked_fill(finished.unsqueeze(1), model.Config.PadTokenId);
            finished = finished.logical_or(next.squeeze(1).eq(model.Config.EndTokenId));
            ids = cat([ids, next], 1);
        }

        var expected = io["greedy_ids"];
        ids.ShouldBeIdentical(expected[.., ..(int)ids.shape[1]]);
        expected[.., (int)ids.shape[1]..].count_nonzero().item<long>().Should().Be(0, "all of it was compared");
    }

    [Fact]
    public void Several_tokens_at_once_extend_a_cache_like_one_by_one()
    {
        using var noGrad = no_grad();
        using var model = T5Model.Create(SmallFlan, seed: 1);
        var (states, ids) = (model.Encode(Ids(2, 6)), Ids(2, 5, seed: 2));
        using var cache = model.StartDecoding(states);
        var parts = cat([model.Decode(ids[.., ..2], cache), model.Decode(ids[.., 2..], cache)], 1);
        parts.ShouldBeClose(model.Decode(ids, states), 1e-5);
        (cache.Length, cache.BatchSize).Should().Be((5, 2));
    }

    [Fact]
    public void A_cache_goes_on_with_the_chosen_sequences()
    {
        using var noGrad = no_grad();
        using var model = T5Model.Create(Small, seed: 1);
        var (ids, mask, start, next) = (Ids(3, 6), Mask(6, 6, 4, 2), Ids(3, 2, seed: 2), Ids(4, 1, seed: 3));
        var states = model.Encode(ids, mask);
        using var cache = model.StartDecoding(states, mask);
        model.Decode(start, cache);
        var chosen = tensor(new long[] { 2, 0, 2, 1 });

        cache.Choose(chosen);

        cache.BatchSize.Should().Be(4);
        var whole = model.Decode(cat([start.index_select(0, chosen), next], 1), states.index_select(0, chosen), mask.index_select(0, chosen));
        model.Decode(next, cache).ShouldBeClose(whole[.., ^1..], 1e-5);
        cache.Invoking(c => c.Choose(tensor(new long[] { 4 }))).Should().Throw<ArgumentException>().WithMessage("*0 … 3*4 … 4*");
    }

    [Fact]
    public void Filling_changes_nothing()
    {
        using var noGrad = no_grad();
        using var model = T5Model.Create(SmallFlan, seed: 1);
        var (ids, decoderIds) = (Ids(2, 5), Ids(2, 4, seed: 2));
        var plain = model.call(ids, null, decoderIds);
        var filled = cat([ids, Ids(2, 3, seed: 9)], 1);
        model.call(filled, Mask(8, 5, 5), decoderIds).ShouldBeClose(plain, 1e-5);
        model.call(filled, null, decoderIds).Distance(plain).Should().BeGreaterThan(0.01);
        // In front of the decoder's tokens: what counts are the distances.
        var states = model.Encode(ids);
        var behind = model.Decode(cat([Ids(2, 2, seed: 8), decoderIds], 1), states, decoderMask: 1 - Mask(6, 2, 2));
        behind[.., 2..].ShouldBeClose(model.Decode(decoderIds, states), 1e-5);
    }

    [Fact]
    public void A_text_of_nothing_but_filling_gives_numbers()
    {
        using var model = T5Model.Create(Small, seed: 1);
        model.call(Ids(2, 4), Mask(4, 4, 0), Ids(2, 3)).isfinite().all().item<bool>().Should().BeTrue();
    }

    [Fact]
    public void A_decoded_token_does_not_see_later_ones()
    {
        using var noGrad = no_grad();
        using var model = T5Model.Create(Small, seed: 1);
        var (ids, a, b) = (Ids(1, 5), Ids(1, 6, seed: 2), Ids(1, 6, seed: 3));
        var mixed = cat([a[.., ..3], b[.., 3..]], 1);
        model.call(ids, null, mixed)[.., ..3].ShouldBeClose(model.call(ids, null, a)[.., ..3], 1e-6);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void Sixteen_bits_come_close_and_keep_the_last_feed_forward_layer_in_float32(ScalarType dtype)
    {
        using var model = Fixture.T5("t5-flan", dtype);
        var io = Fixture.Tensors("t5-flan", "io.safetensors");
        foreach (var (name, parameter) in model.named_parameters())
            parameter.dtype.Should().Be(name.Contains("leave", StringComparison.Ordinal) ? ScalarType.Float32 : dtype, name);
        var loss = model.Loss(io["input_ids"], io["attention_mask"], io["labels"]);
        loss.dtype.Should().Be(ScalarType.Float32);
        loss.ShouldBeClose(io["loss"], 0.3);
        loss.backward();
        model.parameters().Should().OnlyContain(p => p.grad!.isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData("t5-v1.0")]
    [InlineData("t5-flan")]
    public void Converting_the_model_converts_all_of_it(string name)
    {
        using var converted = (T5Model)Fixture.T5(name).to(ScalarType.Float64);
        using var loaded = Fixture.T5(name, ScalarType.Float64);
        var io = Fixture.Tensors(name, "io.safetensors");
        converted.Loss(io["input_ids"], io["attention_mask"], io["labels"]).ShouldBeIdentical(loaded.Loss(io["input_ids"], io["attention_mask"], io["labels"]));
    }

    [Fact]
    public void The_tied_embedding_is_one_parameter()
    {
        using var tied = T5Model.Create(Small, seed: 1);
        using var untied = T5Model.Create(Small with { TiedHead = false }, seed: 1);
        tied.named_parameters().Count(p => p.parameter.shape.SequenceEqual([20L, 12L])).Should().Be(1);
        untied.named_parameters().Count(p => p.parameter.shape.SequenceEqual([20L, 12L])).Should().Be(2);
        tied.Sites.Should().NotContain(site => site.Role == LinearRole.Head);
        untied.Sites[^1].Path.Should().Be("lm_head");
    }

    [Fact]
    public void Sites_are_named_as_peft_names_them_in_the_order_of_the_forward_pass()
    {
        using var model = T5Model.Create(SmallFlan, seed: 1);
        string Block(string part, params string[] layers) => string.Join(" ", layers.Select(layer => part + layer));
        string.Join(" ", model.Sites.Select(site => site.Path)).Should().Be(string.Join(" ",
            Block("encoder.block.0.layer.0.SelfAttention.", "q", "k", "v", "o"), Block("encoder.block.0.layer.1.DenseReluDense.", "wi_0", "wi_1", "wo"),
            Block("encoder.block.1.layer.0.SelfAttention.", "q", "k", "v", "o"), Block("encoder.block.1.layer.1.DenseReluDense.", "wi_0", "wi_1", "wo"),
            Block("decoder.block.0.layer.0.SelfAttention.", "q", "k", "v", "o"), Block("decoder.block.0.layer.1.EncDecAttention.", "q", "k", "v", "o"),
            Block("decoder.block.0.layer.2.DenseReluDense.", "wi_0", "wi_1", "wo"), "lm_head"));
        model.Sites.Select(site => site.LayerIndex).Distinct().Should().Equal(0, 1, 2, 3);
        model.Sites.Take(7).Select(site => site.Role).Should().Equal(LinearRole.Query, LinearRole.Key, LinearRole.Value, LinearRole.Output, LinearRole.FeedForwardGate, LinearRole.FeedForwardIn, LinearRole.FeedForwardOut);
        model.Sites.Should().OnlyContain(site => site.PathIn(ModuleSpelling.Transformers4) == site.Path);
    }

    [Fact]
    public void The_start_is_seeded_and_has_the_deviations_of_transformers()
    {
        var config = new T5Config { VocabularySize = 200, HiddenSize = 64, EncoderLayerCount = 1, DecoderLayerCount = 1, HeadCount = 4, KeyValueSize = 32, IntermediateSize = 256, TiedHead = false };
        using var a = T5Model.Create(config, seed: 1);
        using var b = T5Model.Create(config, seed: 1);
        using var c = T5Model.Create(config, seed: 2);
        foreach (var (name, parameter) in a.named_parameters()) parameter.ShouldBeIdentical(b.get_parameter(name)!, name);
        var deviations = a.Slots().ToDictionary(slot => slot.Name, slot => slot.Get().std().item<float>());
        void Check(string name, double expected) => deviations[name].Should().BeApproximately((float)expected, (float)(0.06 * expected), name);
        Check("shared.weight", 1);
        Check("lm_head.weight", 1);
        Check("encoder.block.0.layer.0.SelfAttention.q.weight", 1 / Math.Sqrt(64 * 32));
        Check("encoder.block.0.layer.0.SelfAttention.k.weight", 1 / Math.Sqrt(64));
        Check("decoder.block.0.layer.1.EncDecAttention.v.weight", 1 / Math.Sqrt(64));
        Check("decoder.block.0.layer.1.EncDecAttention.o.weight", 1 / Math.Sqrt(128));
        Check("decoder.block.0.layer.2.DenseReluDense.wi.weight", 1 / Math.Sqrt(64));
        Check("decoder.block.0.layer.2.DenseReluDense.wo.weight", 1 / Math.Sqrt(256));
        deviations["encoder.final_layer_norm.weight"].Should().Be(0);
        a.Slots().First().Get().Distance(c.Slots().First().Get()).Should().BeGreaterThan(0.1);
    }

    [Fact]
    public void Inputs_that_do_not_fit_are_refused_by_name()
    {
        using var model = T5Model.Create(Small, seed: 1);
        void Refused(Action act, string message) => act.Should().Throw<ArgumentException>().WithMessage(message);
        Refused(() => model.Encode(tensor(new long[,] { { 20 } })), "*0 … 19*20 … 20*ids*");
        Refused(() => model.Encode(tensor(new long[,] { { -1, 3 } })), "*found -1 … 3*");
        Refused(() => model.Encode(tensor(new long[] { 1 })), "*2 dimensions*[1]*");
        Refused(() => model.Encode(zeros(1, 2)), "*Float32*");
        Refused(() => model.Encode(zeros(1, 0, dtype: ScalarType.Int64)), "*[1, 0]*");
        Refused(() => model.Encode(Ids(2, 3), Mask(2, 2, 2)), "*mask [2, 3]*[2, 2]*");
        Refused(() => model.Decode(Ids(3, 2), zeros(2, 4, 12)), "*[2, *]*[3, 2]*decoderIds*");
        Refused(() => model.Decode(Ids(2, 2), zeros(2, 4, 11)), "*[batch, tokens, 12]*[2, 4, 11]*");
        Refused(() => model.Decode(Ids(2, 2), zeros(2, 4, 12), Mask(3, 3, 3)), "*mask [2, 4]*");
        Refused(() => model.Loss(Ids(1, 2), null, tensor(new long[,] { { -100, -100 } })), "*No label counts*");
        Refused(() => model.Loss(Ids(1, 2), null, tensor(new long[,] { { 3, 20 } })), "*0 … 19*labels*");
        Refused(() => model.Loss(Ids(1, 2), null, tensor(new long[,] { { 3, -99 } })), "*-99*labels*");
        using var cache = model.StartDecoding(zeros(2, 4, 12));
        Refused(() => model.Decode(Ids(1, 1), cache), "*[2, *]*");
    }

    static Tensor Ids(long batch, long tokens, int seed = 1)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return randint(2, 20, [batch, tokens], dtype: ScalarType.Int64, generator: generator);
    }

    static Tensor Mask(int tokens, params long[] counts) => arange(tokens).unsqueeze(0).lt(tensor(counts).unsqueeze(1)).to(ScalarType.Int64);
}
