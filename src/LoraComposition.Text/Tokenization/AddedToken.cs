namespace LoraComposition.Text;

/// <summary>A token that is no piece of the vocabulary.</summary>
/// <param name="Text">How it is written in texts.</param>
/// <param name="Id">Its id; null where the file gives none, so that it gets the next free one.</param>
/// <param name="IsSpecial">Whether it is left out where texts are decoded for people.</param>
/// <param name="IsWord">Whether it counts only where no letter or digit stands beside it.</param>
internal sealed record AddedToken(string Text, int? Id, bool IsSpecial, bool IsWord = false);
