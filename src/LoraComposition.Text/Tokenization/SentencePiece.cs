namespace LoraComposition.Text;

/// <summary>One entry of a SentencePiece vocabulary.</summary>
/// <param name="Text">How it is written; ▁ stands for a blank.</param>
/// <param name="Type">What it is for.</param>
internal readonly record struct SentencePiece(string Text, SentencePieceType Type);

/// <summary>What an entry of a SentencePiece vocabulary is for, in the numbers of its file.</summary>
internal enum SentencePieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}
