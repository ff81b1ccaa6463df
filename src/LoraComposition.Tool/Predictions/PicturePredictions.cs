using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary>What <c>predict</c> says of pictures, one after the other.</summary>
/// <param name="predictor">The model.</param>
/// <param name="top">The number of classes to name.</param>
/// <param name="warn">Is told what was passed over.</param>
sealed class PicturePredictions(ImagePredictor predictor, int top, Action<string> warn)
{
    /// <summary>Of files, and of folders whose pictures are looked for at every depth; what cannot be read is a refusal.</summary>
    public IEnumerable<SamplePrediction> OfPaths(IReadOnlyList<string> paths, IProgressReporter progress, CancellationToken cancellation)
    {
        var refusals = new List<SamplePrediction>();
        string[] files = Files(paths, refusals);
        return refusals.Concat(predictor.Predict(files, top, progress, cancellation).Select(Of));
    }

    /// <summary>Of the paths in lines, each answered before the next is read.</summary>
    public IEnumerable<SamplePrediction> OfLines(TextReader input, CancellationToken cancellation) =>
        InputLines.Read(input, cancellation).SelectMany(line => OfPaths([line], NullProgressReporter.Instance, cancellation));

    string[] Files(IReadOnlyList<string> paths, List<SamplePrediction> refusals) => [.. paths.SelectMany(path =>
    {
        try
        {
            return ImageFileList.Of(path, warn);
        }
        catch (DataException e)
        {
            refusals.Add(new SamplePrediction(path, [], e));
            return [];
        }
    })];

    static SamplePrediction Of(ImagePrediction prediction) => new(prediction.Path, prediction.Classes, prediction.Refusal);
}
