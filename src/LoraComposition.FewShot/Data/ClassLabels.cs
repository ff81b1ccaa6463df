namespace LoraComposition.FewShot;

/// <summary>The labels of pictures that come with the names of their classes.</summary>
internal sealed class ClassLabels
{
    readonly string dataset;
    readonly Dictionary<string, int> labels = new(StringComparer.Ordinal);

    /// <summary>Numbers the classes: as they are given, or else those that pictures name, in ordinal order.</summary>
    /// <param name="dataset">What the data set is called, for messages.</param>
    /// <param name="named">The class of each picture.</param>
    /// <param name="classNames">The classes in the order of their labels; null for those that are named.</param>
    /// <exception cref="ArgumentException">A class has no name or is given twice.</exception>
    public ClassLabels(string dataset, IEnumerable<string> named, IReadOnlyList<string>? classNames)
    {
        this.dataset = dataset;
        Names = classNames is null ? [.. named.Select(NormalName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] : [.. classNames.Select(NormalName)];
        foreach (string name in Names)
        {
            if (string.IsNullOrWhiteSpace(name)) throw new ArgumentException($"Data set '{dataset}': a class has no name.", nameof(classNames));
            if (!labels.TryAdd(name, labels.Count))
                throw new ArgumentException($"Data set '{dataset}': the class '{name}' is given twice.", nameof(classNames));
        }
    }

    /// <summary>The name of each class; the position is the label.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The label of a picture.</summary>
    /// <param name="picture">What the picture is called, for messages.</param>
    /// <param name="className">Its class.</param>
    /// <returns>The position of the class.</returns>
    /// <exception cref="ArgumentException">The class is not one of them.</exception>
    public int Of(string picture, string className) => className is not null && labels.TryGetValue(NormalForm.Of(className), out int label) ? label
        : throw new ArgumentException($"Data set '{dataset}': the picture '{picture}' is of the class '{className}', " +
            $"expected one of the {Names.Count} classes given.", nameof(className));

    static string NormalName(string name) => name is null ? "" : NormalForm.Of(name);
}
