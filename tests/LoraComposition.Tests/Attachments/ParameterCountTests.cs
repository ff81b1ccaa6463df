using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>The counts of arXiv:2402.15414 on the real shape of ViT-B/32, computed without memory on the meta device.</summary>
public class ParameterCountTests
{
    [Fact]
    public void Lora_of_rank_16_on_query_key_and_value_has_884736_parameters()
    {
        using var model = new VisionTransformer(new VitConfig(), META);
        using var tuning = LoraTuning.Attach(model);
        tuning.TrainableParameterCount.Should().Be(884_736);
        tuning.TrainableParameters().Sum(p => p.numel()).Should().Be(model.parameters().Where(p => p.requires_grad).Sum(p => p.numel()));
    }

    [Theory]
    [InlineData(3, 108)]
    [InlineData(5, 180)]
    public void Learned_weights_are_36_for_each_module(int count, long expected)
    {
        using var model = new VisionTransformer(new VitConfig(), META);
        var sites = model.Sites.Where(s => s.Role is LinearRole.Query or LinearRole.Key or LinearRole.Value);
        var adapters = Enumerable.Range(0, count).Select(n => new LoraAdapter($"{n}", sites.Select(s => KeyValuePair.Create(s.Path, new LoraDelta(empty(16, 768, device: META), empty(768, 16, device: META), 1))))).ToArray();
        using var composition = Composition.AttachLearned(model, adapters);
        composition.TrainableParameterCount.Should().Be(expected);
        adapters[0].ParameterCount.Should().Be(884_736);
    }

    [Fact]
    public void The_body_has_87455232_parameters()
    {
        using var model = new VisionTransformer(new VitConfig(), META);
        model.parameters().Sum(p => p.numel()).Should().Be(87_455_232);
    }
}
