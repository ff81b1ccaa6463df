using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary>The methods that <c>adapt</c> tries on one kind of model, by their names.</summary>
sealed class AdaptMethods
{
    public const string All = "all", Auto = "auto";

    readonly IReadOnlyList<ITuningMethod> automatic, alone, known, nameable;

    AdaptMethods(IReadOnlyList<ITuningMethod> automatic, IReadOnlyList<ITuningMethod> alone)
    {
        (this.automatic, this.alone) = (automatic, alone);
        known = [.. automatic, new LearnedComposition(), new LearnedComposition(WeightSharing.Model), new UnconstrainedComposition(), new LoraFromScratch(),
            new PolySelection(), new PolySelection(heads: 4), .. TuningMethods.Rivals];
        // It needs a file beside each adapter, so it is tried only when it is named.
        nameable = [.. known, new FisherComposition()];
    }

    /// <summary>Those of a ViT.</summary>
    public static AdaptMethods Images { get; } = new(AutomaticChoice.Methods, AutomaticChoice.MethodsWithoutModules);

    /// <summary>Those of a T5.</summary>
    public static AdaptMethods Texts { get; } = new(AutomaticChoice.TextMethods, AutomaticChoice.TextMethodsWithoutModules);

    /// <summary>The names of what <see cref="Auto"/> tries, and of all.</summary>
    public string AutomaticNames => Names(automatic);

    public string AllNames => Names(nameable);

    /// <summary>Reads the names.</summary>
    /// <param name="option">What the names were given with.</param>
    /// <param name="text">Names with commas between, <see cref="Auto"/> or <see cref="All"/>.</param>
    /// <param name="withModules">Whether there are modules to compose; without them <see cref="Auto"/> tries what needs none.</param>
    /// <exception cref="UsageException">There is no such method, it occurs twice, or it composes modules and there are none.</exception>
    public IReadOnlyList<ITuningMethod> Read(string option, string text, bool withModules)
    {
        if (text == Auto) return withModules ? automatic : alone;
        var methods = text == All ? known : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(name => nameable.FirstOrDefault(m => m.Name == name)
            ?? throw new UsageException($"{option} {text}: '{name}' is not one of {AllNames}, {Auto} or {All}."))];
        if (methods.Distinct().Count() != methods.Count) throw new UsageException($"{option} {text}: a method occurs twice.");
        return withModules || methods.FirstOrDefault(m => m.NeedsModules) is not { } composing ? methods
            : throw new UsageException($"{option} {text}: {composing.Name} composes adapters; give --adapter, or of the methods only {string.Join(",", alone.Select(m => m.Name))}.");
    }

    static string Names(IEnumerable<ITuningMethod> methods) => string.Join(", ", methods.Select(m => m.Name));
}
