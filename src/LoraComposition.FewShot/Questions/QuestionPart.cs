namespace LoraComposition.FewShot;

/// <summary>A part of a data set.</summary>
public enum QuestionPart
{
    /// <summary>The training part.</summary>
    Train = 1,

    /// <summary>The validation part, also called dev or valid.</summary>
    Validation = 2,

    /// <summary>The test part.</summary>
    Test = 3,
}
