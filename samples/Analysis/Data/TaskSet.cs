using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace Analysis.Data;

/// <summary>The upstream tasks and the downstream task. Owns their images.</summary>
sealed class TaskSet(IReadOnlyList<ImageTask> upstream, ImageTask downstream, IDisposable images) : IDisposable
{
    public IReadOnlyList<ImageTask> Upstream => upstream;

    public ImageTask Downstream => downstream;

    /// <summary>What a reader of the results must know of the data, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>How the upstream modules are trained.</summary>
    public IReadOnlyList<ImageModuleTraining> Trainings(ImageBaseModel baseModel, ModuleTrainingOptions options) => [.. upstream.Select(task => Training(baseModel, task, options))];

    /// <summary>How the module is trained that the upstream modules are compared with: as they are, on the whole downstream task.</summary>
    public ImageModuleTraining DownstreamTraining(ImageBaseModel baseModel, ModuleTrainingOptions options) => Training(baseModel, downstream, options);

    // To the end: early stopping keeps the zero update where the head alone does as well on the validation part, as on small tasks, and such a module would be none.
    static ImageModuleTraining Training(ImageBaseModel baseModel, ImageTask task, ModuleTrainingOptions options) => new(baseModel, task with { Validation = [] }, options);

    public void Dispose() => images.Dispose();
}
