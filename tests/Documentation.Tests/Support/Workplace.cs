using Documentation.Tests.Pages;
using LoraComposition.Attachments;
using LoraComposition.FewShot.Results;
using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Results;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using LoraComposition.Models.T5;
using SkiaSharp;
using TorchSharp;

namespace Documentation.Tests.Support;

/// <summary>A folder with everything that the pages speak of, in small, and the working folder of the process while it stands.</summary>
internal sealed class Workplace : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string before = Directory.GetCurrentDirectory();

    public Workplace()
    {
        Copy(Fixture("vit-hf"), "vit");
        Copy(Fixture("peft", "vit-a"), "adapters/eurosat");
        Copy(Fixture("peft", "vit-b"), "adapters/flowers");
        Copy(Fixture("peft", "vit-a"), "modules/eurosat");
        Copy(Fixture("peft", "vit-b"), "modules/flowers");
        Copy(Repository.At("samples/foundation/t5-questions"), "flan-t5");
        SaveTextAdapters("sciq", "quail");
        foreach (string name in (string[])["cat", "dog"])
            for (int i = 0; i < 8; i++) Picture(name == "cat" ? 20 * i : 255 - 20 * i, "my-images", name, $"{i}.png");
        Picture(40, "photos", "one.png");
        var store = new RunStore(folder["results/label-shift/runs"]);
        foreach (string method in (string[])["classifier", "learned"])
            foreach (var result in ResultOf.Runs(method, 1, 0, 0.5, 0.6)) store.Save(result);
        Directory.SetCurrentDirectory(folder.Path);
    }

    public static string Fixture(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Fixtures", .. parts]);

    public void Dispose()
    {
        Directory.SetCurrentDirectory(before);
        folder.Dispose();
    }

    private void SaveTextAdapters(params string[] names)
    {
        using var scope = torch.NewDisposeScope();
        using var model = T5Model.Load(folder["flan-t5"]);
        for (int i = 0; i < names.Length; i++)
        {
            using var tuning = LoraTuning.Attach(model, seed: i, roles: [LinearRole.Query, LinearRole.Value]);
            using var generator = new torch.Generator((ulong)i, torch.CPU);
            // Fresh modules change nothing; these do.
            using (torch.no_grad())
                foreach (var parameter in tuning.TrainableParameters) parameter.normal_(0, 0.1, generator);
            using var adapter = tuning.ToAdapter(names[i]);
            adapter.Save(folder.At("adapters", names[i]));
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
