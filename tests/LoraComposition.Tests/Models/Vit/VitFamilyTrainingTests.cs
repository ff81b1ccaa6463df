using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>Every family is trained and adapted as the plain ViT is.</summary>
public sealed class VitFamilyTrainingTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void Gradients_are_those_of_finite_differences(string name)
    {
        using var model = VitFamilyCases.Load(name, new VitLoadOptions { Dtype = ScalarType.Float64 });
        var pixels = VitFamilyCases.Expected(name)["pixel_values"].to(ScalarType.Float64);
        Tensor Loss() => VitFamilyCases.Output(model, pixels).sin().sum();
        Loss().backward();

        foreach (var (key, parameter) in model.named_parameters().Where(p => !IsKeptOnly(name, p.name)))
        {
            // Part of each parameter is enough: the same code makes the rest.
            var flat = parameter.detach().view(-1);
            foreach (long i in new[] { 0, flat.numel() / 2, flat.numel() - 1 }.Distinct())
                parameter.grad!.view(-1)[i].item<double>().Should().BeApproximately(Difference(Loss, flat, i), 1e-6, $"{key} {i}");
        }
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void Every_parameter_is_read_and_only_what_is_composed_is_trained(string name)
    {
        using var model = VitFamilyCases.Load(name);
        using var adapter = VitFamilyCases.Adapter(name);
        var pixels = VitFamilyCases.Expected(name)["pixel_values"];
        using (var composition = Composition.AttachLearned(model, [adapter], WeightSharing.Role))
        {
            VitFamilyCases.Output(model, pixels).sin().sum().backward();
            model.parameters().Where(p => p.grad is not null && !p.requires_grad).Should().BeEmpty();
            var trained = composition.TrainableParameters();
            trained.Should().NotBeEmpty();
            trained.Where(p => !p.requires_grad || p.grad is null).Should().BeEmpty();
            model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.parameter.Handle).Should().BeSubsetOf(trained.Select(p => p.Handle));
        }
        model.parameters().Should().OnlyContain(p => p.requires_grad, "detached it is as it was");
        model.zero_grad();
        VitFamilyCases.Output(model, pixels).sin().sum().backward();
        model.named_parameters().Where(p => p.parameter.grad is null && !IsKeptOnly(name, p.name)).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void Adapters_of_all_its_layers_are_written_and_fit_again(string name)
    {
        using var folder = new TemporaryFolder();
        using var model = VitFamilyCases.Load(name);
        var pixels = VitFamilyCases.Expected(name)["pixel_values"];
        Tensor tuned;
        using (var tuning = LoraTuning.Attach(model, new LoraOptions { Rank = 2 }, seed: 1, LoraTuning.AllRoles))
        {
            using (no_grad())
                foreach (var (i, parameter) in tuning.TrainableParameters().Index()) parameter.add_(0.05 * ((i % 3) - 1));
            tuned = VitFamilyCases.Output(model, pixels).detach();
            using var adapter = tuning.ToAdapter("tuned");
            adapter.Layers.Should().HaveCount(model.Sites.Count(site => site.Role != LinearRole.Head));
            adapter.Save(folder.Path);
        }
        using var read = LoraAdapter.Load(folder.Path);
        using var attached = Composition.AttachUniform(model, [read]);
        VitFamilyCases.Output(model, pixels).ShouldBeClose(tuned, 1e-5);
    }

    // The classifier of SigLIP has the pooling and does not read it.
    static bool IsKeptOnly(string name, string parameter) => name == "siglip" && parameter.StartsWith("attention_pool.", StringComparison.Ordinal);

    static double Difference(Func<Tensor> loss, Tensor flat, long i)
    {
        const double Step = 1e-5;
        using var noGrad = no_grad();
        double value = flat[i].item<double>();
        flat[i] = value + Step;
        double above = loss().item<double>();
        flat[i] = value - Step;
        double below = loss().item<double>();
        flat[i] = value;
        return (above - below) / (2 * Step);
    }
}
