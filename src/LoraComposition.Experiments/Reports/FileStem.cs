namespace LoraComposition.Experiments;

/// <summary>Names for files, whatever the names in the results are: a–z, 0–9 and <c>-</c>. What is named begins with a number where two could be alike.</summary>
static class FileStem
{
    const int Longest = 60;

    public static string Of(string name)
    {
        string stem = string.Concat(name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
        return (stem.Length > Longest ? stem[..Longest] : stem).Trim('-');
    }
}
