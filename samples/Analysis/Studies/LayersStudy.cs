using Analysis.Data;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace Analysis.Studies;

/// <summary>The learned weights of every layer and module, and how alike the modules are to a LoRA of the downstream task there (Fig. 7, 8).</summary>
sealed class LayersStudy(int images) : IStudy
{
    public void Run(ExperimentSettings experiment, ImageBaseModel baseModel, TaskSet tasks, IProgressReporter progress, CancellationToken cancellation)
    {
        var trainings = tasks.Trainings(baseModel, experiment.Upstream);
        var run = new ExperimentRun("layers", experiment, trainings, (modules, keys) => new ImageFewShotRunner(baseModel, tasks.Downstream, modules, keys, times: experiment.Times));
        if (run.Run(progress, cancellation) is not { } results) return;
        var similarities = Similarities(experiment, baseModel, tasks, trainings, progress, cancellation);
        Console.WriteLine($"Layers: {tasks.Upstream.Count} modules; weights of the learned composition, mean over {experiment.Seeds.Count} seeds, and CKA with a LoRA of the downstream task on {Count(tasks)} images");
        string folder = Path.Combine(experiment.Out, "matrices");
        List<(LayerMatrix, string)> written = [.. similarities.ByRole.Select(role => (role.Matrix, Path.Combine(folder, $"cka-{role.Role}")))];
        LayerMatrixFiles.Save(written);
        foreach (int? shots in experiment.Shots) written.AddRange(Report(folder, shots, similarities, [.. results.Runs.Where(r => r.Key.Shots == shots)]));
        Console.WriteLine($"Results: summary.csv in {experiment.Out}, matrices in {folder}, each as .json, .csv, .png and .svg, one file for each run in {experiment.RunFolder}.");
        ExperimentPage.Write(experiment, "Layers", [results], written);
    }

    int Count(TaskSet tasks) => Math.Min(images, tasks.Downstream.Test!.Dataset.Count);

    RoleMatrices Similarities(ExperimentSettings experiment, ImageBaseModel baseModel, TaskSet tasks, IReadOnlyList<ImageModuleTraining> trainings, IProgressReporter progress, CancellationToken cancellation)
    {
        var store = new UpstreamModules(Path.Combine(experiment.Out, "modules"));
        using var downstream = store.GetOrTrain(tasks.DownstreamTraining(baseModel, experiment.Upstream), progress, cancellation);
        var modules = trainings.Select(training => store.GetOrTrain(training, progress, cancellation)).ToArray();
        try
        {
            var test = tasks.Downstream.Test!;
            // Spread evenly, as data sets often stand class by class.
            int count = Count(tasks);
            int[] chosen = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * test.Dataset.Count / count))];
            return RoleMatrices.Of($"CKA with {tasks.Downstream.Name}", modules.Select(m => m.Name), ImageModuleSimilarity.Compute(baseModel, modules, downstream, test, chosen, experiment.Tuning.EvaluationBatchSize, progress, cancellation));
        }
        finally
        {
            foreach (var module in modules) module.Dispose();
        }
    }

    static (LayerMatrix Matrix, string PathWithoutExtension)[] Report(string folder, int? shots, RoleMatrices similarities, IReadOnlyList<RunResult> results)
    {
        string k = ShotCount.Text(shots);
        RoleMatrices[] seeds = [.. results.Select(result => similarities.Like("Learned weight", result.Weights!))];
        var means = seeds[0].ByRole.Select((role, i) => (role.Role, Matrix: LayerMatrices.Mean($"{role.Matrix.Title}, K = {k}", [.. seeds.Select(seed => seed.ByRole[i].Matrix)]))).ToArray();
        (LayerMatrix, string)[] written = [.. means.Select(role => (role.Matrix, Path.Combine(folder, $"weights-{role.Role}-k{k}")))];
        LayerMatrixFiles.SaveWeights(written);
        for (int i = 0; i < means.Length; i++) Console.WriteLine(LayerReading.OfWeights([.. seeds.Select(seed => seed.ByRole[i].Matrix with { Title = means[i].Matrix.Title })]));
        for (int i = 0; i < means.Length; i++) Console.WriteLine(LayerReading.OfSimilarities(similarities.ByRole[i].Matrix, means[i].Matrix));
        return written;
    }
}
