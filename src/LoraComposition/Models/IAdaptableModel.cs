using TorchSharp.Modules;

namespace LoraComposition.Models;

/// <summary>A model whose linear layers can be adapted. The core attaches, merges and detaches through the sites alone.</summary>
public interface IAdaptableModel
{
    /// <summary>The layers that can be adapted, in the order of the forward pass.</summary>
    IReadOnlyList<AdapterSite> Sites { get; }

    /// <summary>The name that adapters record as their base, where known.</summary>
    string? BaseModelName { get; }

    /// <summary>Every parameter of the model with its name (TorchSharp's own member).</summary>
    /// <param name="recurse">Whether those of the modules in it are told too. Default true.</param>
    /// <returns>The parameters. Owned by the model.</returns>
    IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true);
}
