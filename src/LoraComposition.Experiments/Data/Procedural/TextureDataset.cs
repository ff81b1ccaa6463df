using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Textures that fill the picture: a class is a sum of plane waves of certain directions, frequencies and forms, and its instances differ in the phase of
/// each wave, rotation, scale and contrast. There is a class for every number.
/// </summary>
public sealed class TextureDataset : ProceduralDataset
{
    static readonly ProceduralFormula formula = new("textures", "textures-1", int.MaxValue, id => $"texture-{id:0000}", ExperimentStreams.TextureInstance);

    readonly PlaneWave[][] classes;

    /// <summary>Draws the waves of the classes. Pictures are made when asked for.</summary>
    /// <inheritdoc cref="GlyphDataset(IReadOnlyList{int}, int, int, int, int)"/>
    public TextureDataset(IReadOnlyList<int> classIds, int perClass, int size = 32, int seed = 0, int firstInstance = 0)
        : base(formula, classIds, perClass, size, seed, firstInstance) => classes = [.. classIds.Select(DrawClass)];

    private protected override void Shade(int label, PicturePose pose, SeededRandom random, Span<float> coverage)
    {
        // Neither mirrored nor shifted: the first would be another class, and random phases shift.
        float scale = pose.Fill / Size, contrast = random.NextSingle(0.4f, 1);
        foreach (var wave in classes[label])
        {
            float phase = random.NextSingle(0, 1);
            for (int i = 0; i < coverage.Length; i++)
            {
                var p = pose.Rotation.Apply(new Point(scale * (i % Size), scale * (i / Size)));
                coverage[i] += contrast * wave.At(p, phase) / classes[label].Length;
            }
        }
    }

    static PlaneWave[] DrawClass(int classId)
    {
        var random = new SeededRandom(ExperimentStreams.TextureClass, classId);
        return [PlaneWave.Draw(random), PlaneWave.Draw(random), PlaneWave.Draw(random)];
    }
}
