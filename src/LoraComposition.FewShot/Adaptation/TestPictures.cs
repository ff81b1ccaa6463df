namespace LoraComposition.FewShot;

/// <summary>
/// The pictures of a test part in pieces, because it may be far larger than memory. Pieces within a bound stay as they were decoded when they are gone through again.
/// </summary>
/// <param name="test">The test part. Not owned.</param>
/// <param name="preprocessing">What is done to its pictures.</param>
/// <param name="mostBytes">The most bytes of pictures to hold.</param>
/// <param name="pieceSize">The pictures of a piece.</param>
sealed class TestPictures(ImageDataset test, ImagePreprocessing preprocessing, long mostBytes = 1L << 30, int pieceSize = 1024) : IDisposable
{
    readonly List<PreprocessedImages> kept = [];

    /// <summary>The number of pictures.</summary>
    public int Count => test.Count;

    /// <summary>Goes through all pieces: the position of the first picture, and the pictures, which live until the next piece is asked for.</summary>
    public IEnumerable<(int First, PreprocessedImages Pictures)> Pieces()
    {
        int piece = 0;
        foreach (int[] positions in Enumerable.Range(0, test.Count).Chunk(pieceSize))
        {
            if (piece < kept.Count)
            {
                yield return (positions[0], kept[piece++]);
                continue;
            }
            var pictures = new PreprocessedImages(new DatasetView(test, positions), preprocessing);
            if (piece == kept.Count && (positions[0] + positions.Length) * pictures.BytesPerImage <= mostBytes) kept.Add(pictures);
            try
            {
                yield return (positions[0], pictures);
            }
            finally
            {
                if (!kept.Contains(pictures)) pictures.Dispose();
            }
            piece++;
        }
    }

    public void Dispose() => kept.ForEach(pictures => pictures.Dispose());
}
