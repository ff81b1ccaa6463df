using System.Text.Json;
using System.Text.Json.Nodes;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Tool.Tests.Variants;

/// <summary>One picture as file of every kind and under every name, and folders as people lay them out: the same numbers, or one line.</summary>
public sealed class PictureVariantTests : IDisposable
{
    static readonly Dictionary<string, (string File, Func<byte[]> Make)> same = new()
    {
        ["PNG"] = ("a.png", () => BlockPicture.Png(BlockPicture.Colour)),
        ["PNG of 16 bits"] = ("a.png", () => BlockPicture.Png(BlockPicture.Colour, depth: 16)),
        ["PNG with alpha"] = ("a.png", () => BlockPicture.Png(BlockPicture.Colour, colourType: 6)),
        ["PNG half transparent"] = ("a.png", () => BlockPicture.Png(BlockPicture.Colour, colourType: 6, alpha: 128)),
        ["PNG with a palette"] = ("a.png", () => BlockPicture.Png(BlockPicture.Colour, colourType: 3)),
        ["PNG with a palette and alpha"] = ("a.png", () => BlockPicture.Png(BlockPicture.Colour, colourType: 3, chunks: ("tRNS", [0, 90, 255]))),
        ["PNG with comments"] = ("a.png", () => BlockPicture.Png(BlockPicture.Colour, chunks: ("tEXt", [.. "Comment\0made by hand"u8]))),
        ["PNG held sideways"] = ("a.png", () => BlockPicture.Png(BlockPicture.Turned(BlockPicture.Colour, 6), chunks: ("eXIf", BlockPicture.Exif(6)))),
        ["BMP"] = ("a.bmp", () => BlockPicture.Bmp(BlockPicture.Colour)),
        ["BMP from the top"] = ("a.bmp", () => BlockPicture.Bmp(BlockPicture.Colour, fromTop: true)),
        ["GIF"] = ("a.gif", () => BlockPicture.Gif(BlockPicture.Colour)),
        ["WebP"] = ("a.webp", () => BlockPicture.WebP(BlockPicture.Colour)),
        ["JPEG"] = ("a.jpg", () => BlockPicture.Jpeg(BlockPicture.Colour)),
        ["JPEG for print"] = ("a.jpg", () => BlockPicture.Jpeg((x, y) => [.. BlockPicture.Colour(x, y), 255])),
        ["capitals"] = ("A.JPEG", () => BlockPicture.Jpeg(BlockPicture.Colour)),
        ["the wrong ending"] = ("a.jpg", () => BlockPicture.Png(BlockPicture.Colour)),
        ["no ending"] = ("picture", () => BlockPicture.WebP(BlockPicture.Colour)),
        ["an ending of another kind of file"] = ("a.txt", () => BlockPicture.Gif(BlockPicture.Colour)),
        ["spaces and other scripts"] = ("mein Bild (übung) 猫 №1.png", () => BlockPicture.Png(BlockPicture.Colour)),
        ["a quote and a comma"] = ("a, \"b\".png", () => BlockPicture.Png(BlockPicture.Colour)),
        ["bytes behind the end"] = ("a.png", () => [.. BlockPicture.Png(BlockPicture.Colour), .. "trailer"u8]),
    };

    static readonly Dictionary<string, (string File, Func<byte[]> Make)> sameGrey = new()
    {
        ["PNG in grey"] = ("a.png", () => BlockPicture.Png(BlockPicture.Grey, colourType: 0)),
        ["PNG in grey of 16 bits"] = ("a.png", () => BlockPicture.Png(BlockPicture.Grey, colourType: 0, depth: 16)),
        ["PNG in grey with alpha"] = ("a.png", () => BlockPicture.Png(BlockPicture.Grey, colourType: 4, alpha: 7)),
        ["JPEG in grey"] = ("a.jpg", () => BlockPicture.Jpeg(BlockPicture.Grey)),
    };

    static readonly Dictionary<string, (string File, Func<byte[]> Make, string Says)> refused = new()
    {
        ["empty"] = ("a.png", () => [], "a.png"),
        ["half a PNG"] = ("a.png", () => BlockPicture.Png(BlockPicture.Colour)[..100], "damaged"),
        ["half a JPEG"] = ("a.jpg", () => BlockPicture.Jpeg(BlockPicture.Colour)[..^40], "damaged"),
        ["a page of an error"] = ("a.jpg", () => [.. "<!DOCTYPE html><html><body>404</body></html>"u8], "a.jpg"),
        ["a drawing"] = ("a.svg", () => [.. "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"u8], "a.svg"),
        ["a phone's HEIC"] = ("a.heic", () => [0, 0, 0, 24, .. "ftypheic\0\0\0\0mif1heic"u8, .. new byte[64]], "HEIC"),
        ["a HEIC that is called JPEG"] = ("a.jpg", () => [0, 0, 0, 24, .. "ftypheic\0\0\0\0mif1heic"u8, .. new byte[64]], "HEIC"),
        ["AVIF"] = ("a.avif", () => [0, 0, 0, 24, .. "ftypavif\0\0\0\0mif1avif"u8, .. new byte[64]], "AVIF"),
        ["TIFF"] = ("a.tif", () => [.. "II*\0"u8, 8, 0, 0, 0, .. new byte[64]], "TIFF"),
        ["a document"] = ("a.png", () => [.. "%PDF-1.7\n"u8, .. new byte[64]], "a.png"),
        ["a pointer"] = ("a.png", () => [.. "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"u8], "a.png"),
    };

    /// <summary>Where five pictures of five classes lie, and what is taken.</summary>
    static readonly Dictionary<string, (string[] Parts, string Part)> layouts = new()
    {
        ["classes"] = ([""], "data"),
        ["Test beside Train"] = (["Train", "Test"], "data-test"),
        ["TEST beside a validation"] = (["TRAIN", "VAL", "TEST"], "data-test"),
        ["validation alone"] = (["train", "validation"], "data-validation"),
        ["valid"] = (["train", "valid"], "data-validation"),
    };

    readonly TemporaryFolder folder = new();

    public static TheoryData<string> Same => new(same.Keys);

    public static TheoryData<string> SameGrey => new(sameGrey.Keys);

    public static TheoryData<string> Refused => new(refused.Keys);

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Same))]
    public Task ThePictureIsTheSame(string variant) => IsAsync(same[variant], BlockPicture.Png(BlockPicture.Colour));

    [Theory]
    [MemberData(nameof(SameGrey))]
    public Task ThePictureInGreyIsTheSame(string variant) => IsAsync(sameGrey[variant], BlockPicture.Png((x, y) => [.. Enumerable.Repeat(BlockPicture.Grey(x, y)[0], 3)]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task APictureIsReadUprightHoweverTheCameraWasHeld(int orientation)
    {
        byte[] upright = BlockPicture.Png(BlockPicture.Colour), file = BlockPicture.Jpeg(BlockPicture.Turned(BlockPicture.Colour, orientation), orientation);
        await IsAsync(("a.jpg", () => file), upright);

        if (orientation > 1) (await PredictionAsync("b.jpg", BlockPicture.Jpeg(BlockPicture.Turned(BlockPicture.Colour, orientation)))).Should().NotBeEquivalentTo(await PredictionAsync("a.png", upright), "the turn is worth seeing");
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task WhatIsNoPictureIsOneLine(string variant)
    {
        var (name, make, says) = refused[variant];
        File.WriteAllBytes(folder.At("pictures", name), make());

        var (code, output, errors) = await CommandLine.RunAsync("predict", "--model", Reference.Base, "--images", folder.At("pictures", name), "--format", "csv");

        code.Should().Be(1);
        errors.Where(line => !line.Contains("so it is guessed")).Should().ContainSingle().Which.Should().Contain(says).And.NotContain("   at ");
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCountLessThanOrEqualTo(1, "there is at most the header");
    }

    [Fact]
    public async Task ClassesAreComparedInOneFormOfTheirLetters()
    {
        using var model = new VariantFolder(Reference.Base);
        model.Set("id2label", new JsonObject { ["0"] = "caf\u00e9", ["1"] = "b", ["2"] = "c", ["3"] = "d", ["4"] = "e" }, VariantFolder.ModelConfig);
        model.Remove("label2id", VariantFolder.ModelConfig);
        File.WriteAllBytes(folder.At("data", "cafe\u0301", "1.png"), BlockPicture.Png(BlockPicture.Colour));

        (await EvaluatedAsync(model.Path, folder.At("data"))).Should().Be((1, "data"));
    }

    [Theory]
    [InlineData("classes")]
    [InlineData("Test beside Train")]
    [InlineData("TEST beside a validation")]
    [InlineData("validation alone")]
    [InlineData("valid")]
    public async Task ThePartToScoreIsFound(string layout)
    {
        var (parts, part) = layouts[layout];
        foreach (string place in parts)
        {
            foreach (int label in (int[])[0, 1, 2, 3, 4]) File.WriteAllBytes(folder.At("data", place, $"LABEL_{label}", "deeper", "1.PNG"), BlockPicture.Png(BlockPicture.Colour));
        }
        // What other programs leave.
        File.WriteAllText(folder.At("data", ".DS_Store"), "x");
        File.WriteAllText(folder.At("data", parts[^1], "LABEL_0", "Thumbs.db"), "x");

        (await EvaluatedAsync(Reference.Base, folder.At("data"))).Should().Be((5, part));
    }

    async Task IsAsync((string File, Func<byte[]> Make) variant, byte[] plain)
    {
        var expected = await PredictionAsync("plain.png", plain);
        var found = await PredictionAsync(variant.File, variant.Make());

        found.Keys.Should().BeEquivalentTo(expected.Keys);
        foreach (var (name, probability) in expected) found[name].Should().BeApproximately(probability, 1e-4, name);
    }

    async Task<Dictionary<string, double>> PredictionAsync(string name, byte[] picture)
    {
        string path = folder.At(Guid.NewGuid().ToString("N"), name);
        File.WriteAllBytes(path, picture);
        var (code, output, errors) = await CommandLine.RunAsync("predict", "--model", Reference.Base, "--images", path, "--format", "jsonl");
        code.Should().Be(0, string.Join('\n', errors));
        return JsonDocument.Parse(output).RootElement.GetProperty("classes").EnumerateArray()
            .ToDictionary(prediction => prediction.GetProperty("class").GetString()!, prediction => prediction.GetProperty("probability").GetDouble());
    }

    static async Task<(int Count, string Part)> EvaluatedAsync(string model, string data)
    {
        var (code, output, errors) = await CommandLine.RunAsync("evaluate", "--model", model, "--data", data, "--json");
        code.Should().Be(0, string.Join('\n', errors));
        var report = JsonDocument.Parse(output).RootElement;
        return (report.GetProperty("scores").GetProperty("count").GetInt32(), report.GetProperty("part").GetString()!);
    }
}
