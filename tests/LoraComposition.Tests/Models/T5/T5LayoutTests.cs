using System.Text.Json;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.T5;

/// <summary>Flan-T5-large as it is distributed, by names and shapes, and the counts of arXiv:2402.15414 on it; without memory.</summary>
public class T5LayoutTests
{
    static readonly T5Config large = new()
    {
        HiddenSize = 1024,
        EncoderLayerCount = 24,
        DecoderLayerCount = 24,
        HeadCount = 16,
        IntermediateSize = 2816,
        FeedForward = T5FeedForwardKind.GatedGelu,
        TiedHead = false,
        ScaledHead = false,
    };

    static JsonDocument Distributed() => JsonDocument.Parse(File.ReadAllText(Fixture.Path("layouts", "flan-t5-large.json")));

    [Fact]
    public void It_maps_completely()
    {
        using var document = Distributed();
        var distributed = document.RootElement.GetProperty("tensors").EnumerateObject().ToDictionary(t => t.Name, t => t.Value.EnumerateArray().Select(d => d.GetInt64()).ToArray());
        using var model = new T5Model(large, META);
        var slots = model.Slots().ToDictionary(slot => slot.Name, slot => slot.Shape);

        slots.Keys.Should().BeEquivalentTo(distributed.Keys);
        foreach (var (name, shape) in distributed) slots[name].Should().Equal(shape, name);
    }

    [Fact]
    public void Its_config_is_read_and_the_head_of_its_own_is_seen_in_the_tensors()
    {
        using var document = Distributed();
        var config = T5ConfigFile.Read(new ConfigFields("config.json", document.RootElement.GetProperty("config")));
        // Transformers 5 writes of every T5 that the head is tied.
        config.Should().BeEquivalentTo(large with { TiedHead = true });
    }

    [Fact]
    public void It_has_783150080_parameters()
    {
        using var model = new T5Model(large, META);
        model.parameters().Sum(p => p.numel()).Should().Be(783_150_080);
    }

    [Theory]
    [InlineData(new[] { LinearRole.Query, LinearRole.Value }, 4_718_592, 432)]
    [InlineData(new[] { LinearRole.Query, LinearRole.Key, LinearRole.Value }, 7_077_888, 648)]
    public void A_lora_of_rank_16_and_three_learned_weights_have_the_papers_counts(LinearRole[] roles, long lora, long learned)
    {
        using var model = new T5Model(large, META);
        using (var tuning = LoraTuning.Attach(model, roles: roles))
        {
            tuning.TrainableParameterCount.Should().Be(lora);
            tuning.TrainableParameterCount.Should().Be(model.parameters().Where(p => p.requires_grad).Sum(p => p.numel()));
        }
        var sites = model.Sites.Where(site => roles.Contains(site.Role)).ToArray();
        var adapters = Enumerable.Range(0, 3).Select(n => new LoraAdapter($"{n}", sites.Select(site => KeyValuePair.Create(site.Path, new LoraDelta(empty(16, 1024, device: META), empty(1024, 16, device: META), 1))))).ToArray();
        using var composition = Composition.AttachLearned(model, adapters);
        composition.TrainableParameterCount.Should().Be(learned);
    }
}
