using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>How a model is adapted to a few labelled samples: what pictures and texts have in common.</summary>
public abstract record AdaptationOptions
{
    private protected AdaptationOptions(IReadOnlyList<ITuningMethod> methods, TuningOptions tuning) => (Methods, Tuning) = (methods, tuning);

    /// <summary>The samples to learn from, K: of each class, of questions without classes in all. Default 10.</summary>
    public int Shots { get; init; } = 10;

    /// <summary>The methods to try, each once, the cheap ones first. Default: those that <see cref="AutomaticChoice"/> lists for the kind of model.</summary>
    public IReadOnlyList<ITuningMethod> Methods { get; init; }

    /// <summary>The settings of the methods.</summary>
    public TuningOptions Tuning { get; init; }

    /// <summary>The seed of the draw of samples, of random starts and of the order of the samples. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range, or a method changes the base's own weights.</exception>
    public virtual void Validate()
    {
        if (Shots < 1) throw new ArgumentException($"The shots are {Shots}; they must be at least 1.");
        if (Methods.Count == 0) throw new ArgumentException("There is no method; give at least one.");
        if (Methods.GroupBy(m => m.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new ArgumentException($"The method '{twice.Key}' is given twice.");
        if (Methods.FirstOrDefault(m => !m.KeepsBase) is { } method)
            throw new ArgumentException($"The method '{method.Name}' changes the base's own weights; an adapter cannot hold that.");
        Tuning.Validate();
    }

    /// <summary>Checks every setting with what is composed: the modules are there and can be told apart.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range, a method needs modules and there are none, or two have one name.</exception>
    internal void Check(IReadOnlyList<LoraAdapter> modules)
    {
        Validate();
        if (modules.GroupBy(m => m.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Two adapters are called '{twice.Key}'; give each a name of its own.", nameof(modules));
        if (modules.Count == 0 && Methods.FirstOrDefault(m => m.NeedsModules) is { } method)
            throw new ArgumentException($"The method '{method.Name}' composes adapters, but none are given.", nameof(modules));
    }
}
