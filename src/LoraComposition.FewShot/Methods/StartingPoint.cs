using System.Globalization;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// What the model computes before anything but the head has been trained. Methods with equal starting points share the features of the head's warm-up, so an
/// own one says
/// by its members what makes it another one, as records do.
/// </summary>
public abstract record StartingPoint
{
    /// <summary>The base model as it is.</summary>
    public static StartingPoint BaseModel { get; } = new BaseModelStart();

    /// <summary>The base model with the mean of the modules' updates.</summary>
    public static StartingPoint UniformComposition { get; } = new UniformStart();

    /// <summary>The base model with one module alone.</summary>
    /// <param name="module">The module's position, from 0.</param>
    /// <returns>The starting point.</returns>
    public static StartingPoint SingleModule(int module) => new SingleModuleStart(module);

    /// <summary>The base model with the mean of some modules' updates. That of one module is <see cref="SingleModule"/>.</summary>
    /// <param name="modules">The modules' positions, from 0, ascending.</param>
    /// <returns>The starting point.</returns>
    /// <exception cref="ArgumentException">There is no position, one is negative, or they do not ascend.</exception>
    public static StartingPoint MeanOf(IReadOnlyList<int> modules)
    {
        ArgumentNullException.ThrowIfNull(modules);
        if (modules.Count == 0 || modules[0] < 0 || modules.Zip(modules.Skip(1)).Any(pair => pair.First >= pair.Second))
            throw new ArgumentException($"Expected ascending positions of at least one module, from 0, found {(modules.Count == 0 ? "none" : string.Join(", ", modules))}.", nameof(modules));
        return modules is [var only] ? SingleModule(only) : new MeanStart([.. modules]);
    }

    /// <summary>The base model with the modules' updates, most of them one module's.</summary>
    /// <param name="module">That module's position, from 0.</param>
    /// <param name="share">Its weight, in (0, 1); the others have equal parts of the rest.</param>
    /// <returns>The starting point.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share is not in (0, 1).</exception>
    public static StartingPoint LeaningComposition(int module, double share)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(share, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, 1);
        return new LeaningStart(module, share);
    }

    /// <summary>Makes a fresh copy of the base model compute this.</summary>
    /// <param name="model">The copy.</param>
    /// <param name="modules">The modules. They stay the caller's.</param>
    /// <returns>What was attached, or null where it is nothing. The caller owns it.</returns>
    public abstract IDisposable? Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules);

    /// <summary>What it adds to the base model, in a text that two starting points share only if they compute the same; null where that is not known.</summary>
    internal virtual string? Contents(ModuleContents modules) => null;

    internal static double[] Leaning(int modules, int module, double share) =>
        [.. Enumerable.Range(0, modules).Select(i => i == module ? share : (1 - share) / (modules - 1))];

    sealed record BaseModelStart : StartingPoint
    {
        public override IDisposable? Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => null;

        internal override string Contents(ModuleContents modules) => "base";
    }

    sealed record UniformStart : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Composition.AttachUniform(model, modules);

        internal override string Contents(ModuleContents modules) => $"uniform {modules.All}";
    }

    sealed record SingleModuleStart(int Module) : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) => Composition.AttachUniform(model, [modules[Module]]);

        internal override string Contents(ModuleContents modules) => $"uniform {modules.Of(Module)}";
    }

    sealed record MeanStart(int[] Modules) : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) =>
            Composition.AttachUniform(model, [.. Modules.Select(module => modules[module])]);

        internal override string Contents(ModuleContents modules) => $"uniform {string.Join(' ', Modules.Select(modules.Of))}";

        public bool Equals(MeanStart? other) => other is not null && Modules.AsSpan().SequenceEqual(other.Modules);

        public override int GetHashCode() => Modules.Aggregate(Modules.Length, HashCode.Combine);
    }

    sealed record LeaningStart(int Module, double Share) : StartingPoint
    {
        public override IDisposable Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules) =>
            Composition.AttachWeighted(model, modules, Leaning(modules.Count, Module, Share));

        internal override string Contents(ModuleContents modules) => string.Create(CultureInfo.InvariantCulture, $"leaning {Module} {Share:R} {modules.All}");
    }
}
