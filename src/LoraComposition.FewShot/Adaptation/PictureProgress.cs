using LoraComposition.FewShot.Progress;

namespace LoraComposition.FewShot.Adaptation;

/// <summary>Shows each picture that is ready as one step.</summary>
sealed class PictureProgress(IProgressTask task) : IProgress<int>
{
    // The number may be overtaken by a later one, so every report counts as one.
    public void Report(int value) => task.Advance();
}
