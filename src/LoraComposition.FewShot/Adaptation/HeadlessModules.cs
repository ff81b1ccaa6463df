using LoraComposition.Models;
using TorchSharp;

namespace LoraComposition.FewShot;

/// <summary>Modules as they fit a base with a fresh head: without their updates of a head. Owns the copies it makes, not the modules.</summary>
sealed class HeadlessModules : IDisposable
{
    readonly List<LoraAdapter> copies = [];

    /// <summary>Looks for updates of a head.</summary>
    /// <param name="modules">The modules.</param>
    /// <param name="baseModel">The base.</param>
    /// <param name="classNames">The classes of the fresh head.</param>
    /// <exception cref="AdapterMismatchException">A module changes nothing but the head.</exception>
    public HeadlessModules(IReadOnlyList<LoraAdapter> modules, ImageBaseModel baseModel, IReadOnlyList<string> classNames)
    {
        // Without numbers: only the names of the layers are asked for.
        using var model = modules.Count == 0 ? null : new VisionTransformer(VisionTransformer.Check(baseModel.Folder) with { ClassNames = classNames }, torch.META);
        var (fitting, warnings) = (new List<LoraAdapter>(), new List<string>());
        try
        {
            foreach (var module in modules)
            {
                if (HeadUpdate.Without(module, model!) is { } rest)
                {
                    copies.Add(rest);
                    warnings.Add($"Adapter '{module.Name}' changes the head too; that update belongs to the classes it was trained on and is set aside, since the head is a fresh one.");
                }
                fitting.Add(copies.Count > 0 && copies[^1].Name == module.Name ? copies[^1] : module);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
        (Modules, Warnings) = (fitting, warnings);
    }

    /// <summary>The modules in their order, those that change a head replaced by a copy without it.</summary>
    public IReadOnlyList<LoraAdapter> Modules { get; }

    /// <summary>What was set aside, a line each.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <inheritdoc/>
    public void Dispose() => copies.ForEach(copy => copy.Dispose());
}
