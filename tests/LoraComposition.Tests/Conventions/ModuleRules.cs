using System.Reflection;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module;

namespace LoraComposition.Tests.Conventions;

/// <summary>What every module must survive. Each rule gives a line for each tensor that does not.</summary>
static class ModuleRules
{
    /// <summary>Moves a module to another floating-point type; integers stay what they are.</summary>
    public static IReadOnlyList<string> AfterTo(Module module, ScalarType type)
    {
        module.to(type);
        return [.. Tensors(module).Where(t => is_floating_point(t.Tensor.dtype) && t.Tensor.dtype != type).Select(t => $"{t.Name} is {t.Tensor.dtype}")];
    }

    /// <summary>Moves a module to another device.</summary>
    public static IReadOnlyList<string> AfterTo(Module module, Device device)
    {
        module.to(device);
        return [.. Tensors(module).Where(t => t.Tensor.device_type != device.type).Select(t => $"{t.Name} is on {t.Tensor.device}")];
    }

    /// <summary>Disposes a module and looks for tensors that live on.</summary>
    public static IReadOnlyList<string> AfterDispose(Module module)
    {
        var before = Tensors(module).ToArray();
        module.Dispose();
        return [.. before.Where(t => !t.Tensor.IsInvalid).Select(t => $"{t.Name} lives on")];
    }

    /// <summary>Loads the state of one module into another and compares what they compute.</summary>
    public static IReadOnlyList<string> AfterRoundTrip(Module source, Module target, Func<Module, Tensor> compute)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var before = compute(target);
        target.load_state_dict(source.state_dict());
        var (expected, found) = (compute(source), compute(target));
        var problems = new List<string>();
        if (!found.equal(expected).all().item<bool>()) problems.Add("computes something else");
        if (before.equal(expected).all().item<bool>()) problems.Add("computed the same before, so that nothing is shown");
        return problems;
    }

    /// <summary>Every tensor in the fields of a module and of those in it, registered or not.</summary>
    static IEnumerable<(string Name, Tensor Tensor)> Tensors(Module module) =>
        from part in module.named_modules().Prepend(("", module)).DistinctBy(part => part.Item2)
        from field in Fields(part.Item2.GetType())
        let tensor = field.GetValue(part.Item2) as Tensor
        where tensor is not null
        select ($"{part.Item1}.{field.Name}", tensor);

    static IEnumerable<FieldInfo> Fields(Type? type) =>
        type is null || type == typeof(Module) ? [] : type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).Concat(Fields(type.BaseType));
}
