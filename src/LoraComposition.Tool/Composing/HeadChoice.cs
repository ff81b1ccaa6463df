using LoraComposition.CommandLine;
using LoraComposition.Files;
using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>Whose saved head a composition gets: heads are one task's and are never composed.</summary>
/// <param name="Adapter">The adapter whose head is kept; null where none is.</param>
/// <param name="Statement">What is to be said about it; null where no adapter holds a head.</param>
sealed record HeadChoice(LoraAdapter? Adapter, string? Statement)
{
    public SavedHead? Head => Adapter?.Head;

    /// <summary>Chooses: the one that is asked for; else the only one, or the one that all have alike.</summary>
    /// <param name="settings">What the command line asks for.</param>
    /// <param name="model">The base model.</param>
    /// <param name="adapters">The adapters.</param>
    /// <exception cref="UsageException">The head of an adapter is asked for that is not given or holds none.</exception>
    public static HeadChoice Of(ComposeSettings settings, IBaseModel model, IReadOnlyList<LoraAdapter> adapters)
    {
        LoraAdapter[] holders = [.. adapters.Where(adapter => adapter.Head is not null)];
        string names = string.Join(", ", holders.Select(adapter => $"'{adapter.Name}'"));
        string instead = settings.Form == ComposeForm.Adapter ? "the result has none" : "the checkpoint keeps the base's";
        if (settings.SavedFrom is { } name)
        {
            if (adapters.FirstOrDefault(adapter => adapter.Name == name) is not { } from)
                throw new UsageException($"--head {name}: expected the name of an adapter, one of {string.Join(", ", adapters.Select(adapter => adapter.Name))}.");
            return from.Head is null ? throw new UsageException($"--head {name}: this adapter holds no saved head{(holders.Length > 0 ? $"; {names} do" : "")}.") : Kept(from);
        }
        if (holders.Length == 0) return new HeadChoice(null, null);
        if (settings.DropSaved) return new HeadChoice(null, $"The saved head of {names} is left out, as --drop-saved asks; {instead}.");
        if (adapters.FirstOrDefault(AdaptsHead) is { } tuned)
            return new HeadChoice(null, $"Adapter '{tuned.Name}' adapts the base's head, so that the saved head of {names} is not kept; {instead}.");
        return holders.Skip(1).All(other => IsAlike(holders[0].Head!, other.Head!)) ? Kept(holders[0])
            : new HeadChoice(null, $"The saved heads of adapters {names} differ and none is kept: {instead}. Give --head NAME to keep one of them, as in --head {holders[0].Name}.");

        bool AdaptsHead(LoraAdapter adapter) =>
            AdapterCompatibility.Check(model, adapter).Layers.Any(site => site.Role == LinearRole.Head);

        static HeadChoice Kept(LoraAdapter adapter) => new(adapter,
            $"The head that was saved with adapter '{adapter.Name}' is kept, {adapter.Head!.ClassCount} classes{(adapter.Head.ClassNames is null ? ", whose names are not known" : "")}.");
    }

    /// <summary>Puts the head on the model, for a checkpoint.</summary>
    /// <exception cref="ModelFileException">It is the head of another model.</exception>
    public void PutOn(IBaseModel model)
    {
        if (Adapter is null) return;
        try
        {
            if (model is not IClassifierModel owner) throw new ArgumentException("the base is no classifier, so that it takes no head; give --drop-saved to leave it out.");
            owner.SetHead(Adapter.Head!);
        }
        catch (ArgumentException e)
        {
            throw new ModelFileException(Adapter.WeightsPath!, $"the saved head: {FailureText.Of(e)}", e);
        }
    }

    static bool IsAlike(SavedHead one, SavedHead two)
    {
        if (!one.Weight.shape.SequenceEqual(two.Weight.shape) || one.Bias is null != two.Bias is null) return false;
        using var scope = NewDisposeScope();
        return one.Weight.eq(two.Weight).all().item<bool>() && (one.Bias is null || one.Bias.eq(two.Bias!).all().item<bool>())
            && (one.ClassNames is null || two.ClassNames is null || one.ClassNames.SequenceEqual(two.ClassNames));
    }
}
