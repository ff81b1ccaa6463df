using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.FewShot;

namespace LoraComposition.CommandLine;

/// <summary>The option that says how pictures are changed at random in training.</summary>
public sealed class AugmentOption
{
    const string Flip = "flip", FlipAndCrop = "flip-crop", None = "none";

    /// <summary>The option itself, for a command to list.</summary>
    public Option<string> Option { get; } = new("--augment")
    {
        Description = $"{Flip}: pictures are mirrored at random in training; {FlipAndCrop}: and moved by up to an eighth of their side; {None}: neither, for digits, letters and the like.",
        DefaultValueFactory = _ => Flip,
    };

    /// <summary>Reads and checks what was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The augmentation.</returns>
    /// <exception cref="UsageException">The value is none of those that the option knows.</exception>
    public ImageAugmentation Read(ParseResult parsed) => OptionReading.OneOf(parsed, Option, Flip, FlipAndCrop, None) switch
    {
        Flip => ImageAugmentation.Flip,
        FlipAndCrop => ImageAugmentation.FlipAndCrop,
        _ => ImageAugmentation.None,
    };
}
