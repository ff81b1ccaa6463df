using LoraComposition.FewShot;

namespace Analysis.Data;

/// <summary>Where the upstream tasks and the downstream task come from.</summary>
interface ITaskSource
{
    /// <summary>The number of upstream tasks, known before anything is opened.</summary>
    int UpstreamCount { get; }

    /// <summary>Opens the tasks. The caller owns them.</summary>
    TaskSet Open(ImagePreprocessing preprocessing, int validationPerClass);
}
