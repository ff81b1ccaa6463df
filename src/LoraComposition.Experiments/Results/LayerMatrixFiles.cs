using System.Globalization;
using System.Text;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>
/// Writes matrices by layer and module as <c>.json</c>, <c>.csv</c>, and as a heat map in <c>.png</c> and <c>.svg</c>; each file whole or not at all.
/// </summary>
public static class LayerMatrixFiles
{
    /// <summary>Writes matrices of similarities, or of anything else from 0 to 1 or up.</summary>
    /// <param name="matrices">The matrices and the paths of their files without the extension; folders are created where they are missing. All have one scale
    /// of colours.</param>
    /// <exception cref="ArgumentException">A matrix cannot be, see <see cref="LayerMatrix.Save"/>.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(IReadOnlyList<(LayerMatrix Matrix, string PathWithoutExtension)> matrices)
    {
        ArgumentNullException.ThrowIfNull(matrices);
        Save(matrices, HeatScale.Of(Numbers(matrices)), _ => true);
    }

    /// <summary>
    /// Writes matrices of the weights of modules; the uniform weight is the middle of their one scale of colours. Weights that are all uniform are not drawn: a
    /// map would look as if it said something.
    /// </summary>
    /// <param name="matrices">The matrices, all of the same modules, and the paths of their files without the extension; folders are created where they are
    /// missing.</param>
    /// <exception cref="ArgumentException">A matrix cannot be, see <see cref="LayerMatrix.Save"/>.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void SaveWeights(IReadOnlyList<(LayerMatrix Matrix, string PathWithoutExtension)> matrices)
    {
        ArgumentNullException.ThrowIfNull(matrices);
        Save(matrices, HeatScale.OfWeights(Math.Max(1, matrices.Max(m => m.Matrix.Columns.Count)), Numbers(matrices)),
            matrix => !LearnedWeights.AreTheStart(matrix.Columns.Count, matrix.Values));
    }

    static void Save(IReadOnlyList<(LayerMatrix Matrix, string Path)> matrices, HeatScale scale, Func<LayerMatrix, bool> isDrawn)
    {
        foreach (var (matrix, path) in matrices)
        {
            matrix.Save($"{path}.json");
            AtomicFile.Write($"{path}.csv", Csv(matrix));
            if (!isDrawn(matrix)) continue;
            var drawing = HeatMap.Draw(matrix, scale);
            AtomicFile.Write($"{path}.png", DrawingPng.Of(drawing));
            AtomicFile.Write($"{path}.svg", DrawingSvg.Of(drawing));
        }
    }

    static string Csv(LayerMatrix matrix)
    {
        var text = new StringBuilder($"layer,{string.Join(',', matrix.Columns.Select(CsvField.Of))}\n");
        // R: as many digits as tell the number from all others.
        foreach (var (row, values) in matrix.Rows.Zip(matrix.Values)) text.Append(CultureInfo.InvariantCulture,
            $"{CsvField.Of(row)},{string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}\n");
        return text.ToString();
    }

    static IEnumerable<double> Numbers(IReadOnlyList<(LayerMatrix Matrix, string Path)> matrices) => matrices.SelectMany(m => m.Matrix.Values)
        .SelectMany(row => row);
}
