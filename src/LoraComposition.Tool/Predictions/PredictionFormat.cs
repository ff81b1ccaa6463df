namespace LoraComposition.Tool;

/// <summary>How predictions are written.</summary>
enum PredictionFormat
{
    /// <summary>A line for each image and rank.</summary>
    Csv,

    /// <summary>One array with an object for each image.</summary>
    Json,
}
