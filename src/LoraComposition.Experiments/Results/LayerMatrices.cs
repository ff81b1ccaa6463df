namespace LoraComposition.Experiments;

/// <summary>Arithmetic on matrices by layer and module.</summary>
public static class LayerMatrices
{
    /// <summary>The mean of matrices of the same layers and modules, cell by cell.</summary>
    /// <param name="title">The title of the mean.</param>
    /// <param name="matrices">The matrices, at least one.</param>
    /// <returns>The mean.</returns>
    /// <exception cref="ArgumentException">There is no matrix, or their rows or columns differ.</exception>
    public static LayerMatrix Mean(string title, IReadOnlyList<LayerMatrix> matrices)
    {
        ArgumentNullException.ThrowIfNull(matrices);
        if (matrices.Count == 0) throw new ArgumentException("There is no matrix.", nameof(matrices));
        var first = matrices[0];
        foreach (var other in matrices)
            if (!other.Rows.SequenceEqual(first.Rows) || !other.Columns.SequenceEqual(first.Columns)) throw new ArgumentException($"The matrices '{first.Title}' and '{other.Title}' have not the same rows and columns.", nameof(matrices));
        return first with { Title = title, Values = [.. first.Rows.Select((_, row) => (IReadOnlyList<double>)[.. first.Columns.Select((_, column) => matrices.Average(m => m.Values[row][column]))])] };
    }
}
