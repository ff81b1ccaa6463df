namespace LoraComposition.FewShot;

/// <summary>Finds every damaged picture among those that an adaptation uses, before it trains: all are named at once, or others take their place.</summary>
sealed class WholePictures(bool skip)
{
    // In the order of the positions; those of the test part apart.
    readonly SortedDictionary<int, DataException> damaged = [], damagedTest = [];

    /// <summary>Draws the samples and prepares them; where pictures are to be skipped, until all that were drawn are whole.</summary>
    /// <param name="images">The training part, and behind it the validation part where there is one.</param>
    /// <param name="trainCount">The number of pictures of the training part.</param>
    /// <param name="options">How many to draw.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="DataException">There are too few classes, or all pictures of one are damaged.</exception>
    public FewShotSamples Draw(PreprocessedImages images, int trainCount, ImageAdaptationOptions options, IProgressReporter progress, CancellationToken cancellation)
    {
        while (true)
        {
            var samples = FewShotSamples.OfImages(images.Dataset, trainCount, options.Shots, options.ValidationPerClass, options.Seed, i => !damaged.ContainsKey(i));
            int[] drawn = [.. samples.Support.Indices, .. samples.Validation];
            using var bar = progress.Begin("reading pictures", drawn.Length);
            var found = images.PrepareWhole(drawn, bar, cancellation);
            foreach (var (index, problem) in found) damaged[index] = problem;
            if (found.Count == 0 || !skip) return samples;
        }
    }

    /// <summary>Prepares all pictures.</summary>
    /// <returns>The positions of those that are whole, ascending.</returns>
    public int[] ReadAll(PreprocessedImages images, IProgressReporter progress, CancellationToken cancellation)
    {
        int[] all = [.. Enumerable.Range(0, images.Dataset.Count)];
        using var bar = progress.Begin("reading pictures", all.Length);
        foreach (var (index, problem) in images.PrepareWhole(all, bar, cancellation)) damaged[index] = problem;
        return [.. all.Where(i => !damaged.ContainsKey(i))];
    }

    /// <summary>Decodes the test part, to find what is damaged before the model is trained.</summary>
    public void Check(TestPictures test, IProgressReporter progress, CancellationToken cancellation)
    {
        using var bar = progress.Begin("checking test pictures", test.Count);
        foreach (var (first, pictures) in test.Pieces())
            foreach (var (index, problem) in pictures.PrepareWhole([.. Enumerable.Range(0, pictures.Dataset.Count)], bar, cancellation)) damagedTest[first + index] = problem;
    }

    /// <summary>Refuses the data where pictures are damaged and not to be skipped, or none is left to test on.</summary>
    /// <exception cref="DataException">They are.</exception>
    public void RefuseDamaged(ImageFolderSplits data)
    {
        var all = Skipped(data);
        if (!skip && all.Count > 0)
            throw new DataException(data.Train.Name, $"{Counted(all)}; replace or remove them, or have them skipped (--skip-damaged). {First(all)}");
        if (data.Test is { } test && damagedTest.Count == test.Count)
            throw new DataException(test.Name, $"{Counted(all)}, so that none is left to test on. {First(all)}");
    }

    /// <summary>What was skipped, in one line; null where nothing was.</summary>
    public string? Warning(ImageFolderSplits data) => Skipped(data) is { Count: > 0 } all ? $"{Counted(all)}; left out. {First(all)}" : null;

    /// <summary>The positions in a piece of the test part that are whole.</summary>
    /// <param name="first">The position of the piece's first picture.</param>
    /// <param name="count">The pictures of the piece.</param>
    public int[] WholeTest(int first, int count) => [.. Enumerable.Range(0, count).Where(i => !damagedTest.ContainsKey(first + i))];

    /// <summary>Every damaged picture.</summary>
    public IReadOnlyList<SkippedSample> Skipped(ImageFolderSplits data) =>
    [
        .. damaged.Select(picture => picture.Key < data.Train.Count ? Of("train", data.Train, picture.Key, picture.Value)
            : Of("validation", data.Validation!, picture.Key - data.Train.Count, picture.Value)),
        .. damagedTest.Select(picture => Of("test", data.Test!, picture.Key, picture.Value)),
    ];

    static SkippedSample Of(string part, ImageFileDataset data, int index, DataException problem) => new(part, data.RelativePath(index), problem.Reason);

    static string Counted(IReadOnlyList<SkippedSample> all) => $"{all.Count} of the pictures that are used cannot be read: {SkippedSample.Told(all).Names}";

    static string First(IReadOnlyList<SkippedSample> all) => SkippedSample.Told(all).First;
}
