using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Says what of a data set's rows became no question.</summary>
public static class SkippedRemark
{
    /// <summary>A line where rows were left out; nothing where none was.</summary>
    /// <param name="name">What the data set is called.</param>
    /// <param name="skipped">The rows.</param>
    /// <returns>The line, or none.</returns>
    public static IEnumerable<string> Of(string name, SkippedRows skipped)
    {
        ArgumentNullException.ThrowIfNull(skipped);
        if (skipped.Total > 0)
            yield return $"{name}: {skipped.Total} rows are left out ({skipped.WithoutContext} without the text they are about, {skipped.WithEmptyText} with an empty text, {skipped.Repeated} repeated{(skipped.Damaged.Count > 0 ? $", {skipped.Damaged.Count} that cannot be used" : "")}).";
    }
}
