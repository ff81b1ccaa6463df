using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;
using SkiaSharp;

namespace LabelShift.Tests;

/// <summary>A tiny model and pictures of eight classes, and the arguments that use them: the second of four sets of two labels is downstream.</summary>
internal static class TinyRun
{
    public static string[] Arguments(TemporaryFolder folder) => [.. Data(folder), "--splits", "4", "--downstream", "2"];

    public static string[] Data(TemporaryFolder folder)
    {
        string model = TinyModel.Save(folder["model"]);
        // Stripes and ramps in changing colours.
        foreach (string part in (string[])["train", "test"])
        {
            for (int i = 0; i < 8; i++)
            {
                for (int j = 0; j < 5; j++) File.WriteAllBytes(folder.At("pictures", part, $"class-{i}", $"{j}.png"), Picture(i, part == "train" ? j : j + 5));
            }
        }
        return ["--data", "folder", "--path", folder["pictures"], "--model", model, "--rank", "2", "--upstream-epochs", "1", "--validation", "1", "--threads", "1"];
    }

    static byte[] Picture(int kind, int instance) => Pictures.Encode(SKEncodedImageFormat.Png, 16, 16, (x, y) =>
    {
        int value = (kind / 2 % 2 == 0 ? x * (1 + kind) : y * (1 + kind)) * 16 + instance * 9;
        return new SKColor((byte)value, (byte)(value * (1 + kind % 3)), (byte)(instance * 20));
    });
}
