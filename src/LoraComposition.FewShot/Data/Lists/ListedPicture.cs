namespace LoraComposition.FewShot;

/// <summary>A picture as a list names it.</summary>
/// <param name="Place">Where the list names it: a line, or an entry of a variable.</param>
/// <param name="RelativePath">Its path from the folder of pictures, with forward slashes; the extension may be missing.</param>
/// <param name="Label">The position of its class.</param>
public sealed record ListedPicture(string Place, string RelativePath, int Label);
