using System.Globalization;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>Says of a base that is a toy beside the pictures it gets, so that its accuracy is not taken for the method's.</summary>
static class TinyBase
{
    const double FewParameters = 1e6;
    const int SmallImage = 64, MuchLarger = 3;

    /// <summary>A warning in one sentence; null where base and pictures go together.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="pictureSide">The median of the pictures' smaller sides, in pixels.</param>
    public static string? Warning(ImageBaseModel baseModel, int pictureSide)
    {
        int size = baseModel.Preprocessing.Size;
        double parameters = CountParameters(baseModel.Folder);
        if (parameters >= FewParameters && (size > SmallImage || pictureSide <= MuchLarger * size)) return null;
        string millions = (parameters / 1e6).ToString(parameters < FewParameters ? "0.0##" : "F1", CultureInfo.InvariantCulture);
        return $"the base is tiny ({millions} M parameters, {size} px): expect little of it on photos";
    }

    // From the headers alone; a head in the file counts too.
    static double CountParameters(string folder)
    {
        using var files = CheckpointFiles.Open(folder);
        return files.Files.SelectMany(file => file.Tensors.Values).Sum(tensor => tensor.Shape.Aggregate(1.0, (product, side) => product * side));
    }
}
