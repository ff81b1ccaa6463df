using LoraComposition.Models;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Tests.Conventions;

/// <summary>
/// The names, shapes and types of the models' states, as approved in <c>Fixtures/states</c>: a user's saved state must load in the next version too. The models lie
/// on the meta device and take no memory.
/// </summary>
public class StateDictSnapshotTests
{
    [Fact]
    public void A_change_is_found()
    {
        using var other = new VisionTransformer(new VitConfig { LayerCount = 11 }, META);

        FluentActions.Invoking(() => Compare("vit-base-patch32", other)).Should().Throw<Xunit.Sdk.XunitException>().WithMessage("*vit-base-patch32*");
    }

    [Fact]
    public void Vit_base_patch32()
    {
        using var model = new VisionTransformer(new VitConfig { ClassNames = [.. Enumerable.Range(0, 1000).Select(i => $"LABEL_{i}")] }, META);
        Compare("vit-base-patch32", model);
    }

    [Theory]
    [InlineData("t5-v1.0")]
    [InlineData("t5-flan")]
    [InlineData("umt5")]
    public void Small_t5(string name)
    {
        using var loaded = Fixture.T5(name);
        using var model = new T5Model(loaded.Config, META);
        Compare(name, model);
    }

    [Fact]
    public void Flan_t5_large()
    {
        using var model = new T5Model(new T5Config
        {
            HiddenSize = 1024,
            EncoderLayerCount = 24,
            DecoderLayerCount = 24,
            HeadCount = 16,
            IntermediateSize = 2816,
            FeedForward = T5FeedForwardKind.GatedGelu,
            TiedHead = false,
            ScaledHead = false,
        }, META);
        Compare("flan-t5-large", model);
    }

    static void Compare(string name, Module model)
    {
        string[] found = [.. model.state_dict().Select(entry => $"{entry.Key} [{string.Join(", ", entry.Value.shape)}] {entry.Value.dtype}")];
        string approved = Fixture.Path("states", $"{name}.approved.txt"), received = Fixture.Path("states", $"{name}.received.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(received)!);
        File.WriteAllLines(received, found);
        string[] expected = File.Exists(approved) ? File.ReadAllLines(approved) : [];
        found.Should().Equal(expected, "the state of {0} is approved; where a change is meant, {1} is what it is now", name, received);
    }
}
