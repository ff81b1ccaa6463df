using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>Every family computes what transformers computes, alone and with an adapter of PEFT's.</summary>
public sealed class VitFamilyTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();
    readonly IDisposable noGrad = no_grad();

    public void Dispose()
    {
        noGrad.Dispose();
        scope.Dispose();
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void The_output_is_that_of_the_reference(string name)
    {
        using var model = VitFamilyCases.Load(name);
        var expected = VitFamilyCases.Expected(name);

        VitFamilyCases.Output(model, expected["pixel_values"]).ShouldBeClose(expected["output"], 1e-5);
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void With_the_adapter_attached_merged_and_taken_off_too(string name)
    {
        using var model = VitFamilyCases.Load(name);
        using var adapter = VitFamilyCases.Adapter(name);
        var expected = VitFamilyCases.Expected(name);
        var pixels = expected["pixel_values"];

        using (var attached = Composition.AttachUniform(model, [adapter])) VitFamilyCases.Output(model, pixels).ShouldBeClose(expected["output_with_adapter"], 1e-5);
        VitFamilyCases.Output(model, pixels).ShouldBeClose(expected["output"], 1e-5, "detached");
        using (var attached = Composition.AttachUniform(model, [adapter])) attached.MergeIntoBase();
        VitFamilyCases.Output(model, pixels).ShouldBeClose(expected["output_with_adapter"], 1e-5, "merged");
    }
}
