using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;
using SkiaSharp;

namespace LoraComposition.Tool.Tests;

/// <summary>Runs every command that the README and the tool's page show, in the folder they speak of.</summary>
public sealed class DocumentationTests : IDisposable
{
    private const string Prompt = "lora-compose ";

    private readonly TemporaryFolder folder = new();
    private readonly string before = Directory.GetCurrentDirectory();

    public DocumentationTests()
    {
        Copy(Reference.Base, "vit");
        Copy(Reference.Adapter("vit-a"), "adapters/eurosat");
        Copy(Reference.Adapter("vit-b"), "adapters/flowers");
        Copy(Reference.T5Base, "flan-t5");
        Copy(Reference.Adapter("t5-a"), "adapters/sciq");
        Copy(Reference.Adapter("t5-b"), "adapters/quail");
        foreach (string name in (string[])["cat", "dog"])
            for (int i = 0; i < 8; i++) Picture(name == "cat" ? 20 * i : 255 - 20 * i, "my-images", name, $"{i}.png");
        Picture(40, "photos", "one.png");
        Directory.SetCurrentDirectory(folder.Path);
    }

    public void Dispose()
    {
        Directory.SetCurrentDirectory(before);
        folder.Dispose();
    }

    [Theory]
    [InlineData("README.md", 5)]
    [InlineData("lora-compose.md", 13)]
    public async Task EveryCommandRuns(string page, int count)
    {
        string[] commands = [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Documentation", page)).Where(line => line.StartsWith(Prompt))];
        commands.Should().HaveCount(count);
        foreach (string command in commands)
        {
            var (code, output, errors) = await CommandLine.RunAsync(command[Prompt.Length..].Split(' '));

            code.Should().Be(0, $"{command}: {string.Join(" ", errors)}");
            output.Should().NotBeEmpty(command);
        }
    }

    private void Picture(int brightness, params string[] parts) =>
        File.WriteAllBytes(folder.At(parts), Pictures.Encode(SKEncodedImageFormat.Png, 32, 32, (x, y) => new SKColor((byte)brightness, (byte)(brightness / 2 + x), (byte)(4 * y))));

    private void Copy(string from, string to)
    {
        string place = Path.Combine(folder.Path, to);
        Directory.CreateDirectory(place);
        foreach (string file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(place, Path.GetFileName(file)));
    }
}
