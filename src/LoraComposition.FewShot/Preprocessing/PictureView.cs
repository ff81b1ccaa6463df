using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>One view of a picture that is learned from: mirrored left to right or not, then moved.</summary>
/// <param name="Mirrored">Whether it is mirrored.</param>
/// <param name="Down">By how many pixels its content moves down; negative: up.</param>
/// <param name="Right">By how many pixels its content moves to the right; negative: to the left.</param>
internal readonly record struct PictureView(bool Mirrored, int Down, int Right)
{
    /// <summary>The picture as it is.</summary>
    public static PictureView Plain => default;

    /// <summary>The most pixels that a crop moves a picture by.</summary>
    /// <param name="size">The side of the picture.</param>
    public static int LargestMove(int size) => size / 8;

    /// <summary>
    /// The views whose features stand for an augmentation where a head is fitted on kept features, the plain one first: mirrored; and for crops the four
    /// corners, of which each second one is mirrored.
    /// </summary>
    /// <param name="augmentation">The augmentation.</param>
    /// <param name="size">The side of the pictures.</param>
    public static IReadOnlyList<PictureView> Of(ImageAugmentation augmentation, int size)
    {
        int far = LargestMove(size);
        return augmentation switch
        {
            ImageAugmentation.None => [Plain],
            ImageAugmentation.Flip => [Plain, new(true, 0, 0)],
            _ => [Plain, new(true, 0, 0), new(false, far, far), new(true, far, -far), new(false, -far, -far), new(true, -far, far)],
        };
    }

    /// <summary>Draws the view of one picture in one pass. <see cref="ImageAugmentation.None"/> draws nothing.</summary>
    /// <param name="augmentation">The augmentation.</param>
    /// <param name="size">The side of the pictures.</param>
    /// <param name="random">The numbers.</param>
    public static PictureView Draw(ImageAugmentation augmentation, int size, SeededRandom random)
    {
        if (augmentation == ImageAugmentation.None) return Plain;
        bool mirrored = random.Next(2) == 1;
        if (augmentation == ImageAugmentation.Flip) return new(mirrored, 0, 0);
        int far = LargestMove(size);
        return new(mirrored, random.Next(2 * far + 1) - far, random.Next(2 * far + 1) - far);
    }

    /// <summary>The pictures as they are seen. Takes over the pictures and gives a batch that the caller owns; the same one where no view changes anything.</summary>
    /// <param name="pixels">The pictures, <c>[batch, 3, size, size]</c>.</param>
    /// <param name="views">A view for each.</param>
    public static Tensor Apply(Tensor pixels, IReadOnlyList<PictureView> views)
    {
        if (views.All(view => view == Plain)) return pixels;
        using (pixels)
        using (var scope = NewDisposeScope())
        {
            var seen = pixels;
            var mirrored = views.Select(view => view.Mirrored).ToArray();
            if (mirrored.Contains(true)) seen = where(HostToDevice.Copy(tensor(mirrored, [views.Count, 1, 1, 1]), pixels.device), pixels.flip(3), pixels);
            seen = Moved(seen, 2, [.. views.Select(view => view.Down)]);
            seen = Moved(seen, 3, [.. views.Select(view => view.Right)]);
            return seen.MoveToOuterDisposeScope();
        }
    }

    // Each line comes from the one that the move puts in its place; over the edge the picture is mirrored, without its outermost line a second time.
    static Tensor Moved(Tensor pixels, int dimension, int[] moves)
    {
        if (moves.All(move => move == 0)) return pixels;
        int size = (int)pixels.shape[dimension];
        long[] sources = [.. moves.SelectMany(move => Enumerable.Range(0, size).Select(line => (long)Reflected(line - move, size)))];
        long[] shape = [moves.Length, 1, 1, 1];
        shape[dimension] = size;
        var lines = HostToDevice.Copy(tensor(sources, shape), pixels.device);
        return pixels.gather(dimension, lines.expand(pixels.shape));
    }

    static int Reflected(int line, int size) => line < 0 ? -line : line >= size ? 2 * (size - 1) - line : line;
}
