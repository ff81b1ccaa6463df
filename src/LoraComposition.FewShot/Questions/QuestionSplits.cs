namespace LoraComposition.FewShot;

/// <summary>The parts of a data set, as its publisher split it.</summary>
/// <param name="Train">The training part; null where the folder has none.</param>
/// <param name="Validation">The validation part (also called dev or valid); null where the folder has none.</param>
/// <param name="Test">The test part; null where the folder has none.</param>
public sealed record QuestionSplits(QuestionDataset? Train, QuestionDataset? Validation, QuestionDataset? Test);
