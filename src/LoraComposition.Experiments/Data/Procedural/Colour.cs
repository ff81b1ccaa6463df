using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Red, green and blue, from 0 to 255 where it is a colour and not the difference of two.</summary>
internal readonly record struct Colour(float Red, float Green, float Blue)
{
    /// <summary>What is missing to white.</summary>
    public Colour Negative => new(255 - Red, 255 - Green, 255 - Blue);

    public static Colour Draw(SeededRandom random, float low, float high) => new(random.NextSingle(low, high), random.NextSingle(low, high), random.NextSingle(low, high));

    public static Colour operator +(Colour a, Colour b) => new(a.Red + b.Red, a.Green + b.Green, a.Blue + b.Blue);

    public static Colour operator -(Colour a, Colour b) => new(a.Red - b.Red, a.Green - b.Green, a.Blue - b.Blue);

    public static Colour operator *(float factor, Colour a) => new(factor * a.Red, factor * a.Green, factor * a.Blue);

    public Colour Clamp() => new(Math.Clamp(Red, 0, 255), Math.Clamp(Green, 0, 255), Math.Clamp(Blue, 0, 255));

    /// <summary>Writes the three bytes of a pixel.</summary>
    public void Write(Span<byte> pixel) => (pixel[0], pixel[1], pixel[2]) = (Byte(Red), Byte(Green), Byte(Blue));

    static byte Byte(float value) => (byte)(Math.Clamp(value, 0, 255) + 0.5f);
}
