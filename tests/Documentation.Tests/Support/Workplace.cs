using Documentation.Tests.Pages;
using LoraComposition;
using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using SkiaSharp;
using TorchSharp;

namespace Documentation.Tests.Support;

/// <summary>A folder with everything that the pages speak of, in small, and the working folder of the process while it stands.</summary>
internal sealed class Workplace : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly string before = Directory.GetCurrentDirectory();

    public Workplace()
    {
        Copy(Fixture("vit-hf"), "vit");
        Copy(Fixture("peft", "vit-a"), "adapters/eurosat");
        Copy(Fixture("peft", "vit-b"), "adapters/flowers");
        Copy(Fixture("peft", "vit-head"), "adapters/with-head");
        Copy(Fixture("peft", "vit-a"), "modules/eurosat");
        Copy(Fixture("peft", "vit-b"), "modules/flowers");
        Copy(Repository.At("samples/base-models/t5-questions"), "flan-t5");
        SaveTextAdapters("sciq", "quail");
        foreach (string name in (string[])["cat", "dog"])
            for (int i = 0; i < 8; i++) Picture(name == "cat" ? 20 * i : 255 - 20 * i, "my-images", name, $"{i}.png");
        foreach (string task in (string[])["birds", "leaves", "shells"])
            foreach (int kind in (int[])[0, 1])
                for (int i = 0; i < 8; i++) Stripes(task[0] + 3 * kind, i, "pictures", task, $"{task}-{kind}", $"{i}.png");
        foreach (string name in (string[])["cat", "dog"]) Picture(name == "cat" ? 70 : 190, "my-test-images", name, "one.png");
        folder.Write(string.Concat(Enumerable.Range(0, 16).Select(i => $$"""{"text":"how many days {{i}} {{(i % 2 == 0 ? "cat" : "apple")}}","label":"{{(i % 2 == 0 ? "animals" : "fruits")}}"}""" + "\n")), "reviews.jsonl");
        folder.Write(string.Concat(Enumerable.Range(0, 16).Select(i => $$"""{"text":"which is first {{i}}","label":"{{(i % 2 == 0 ? "spam" : "ham")}}"}""" + "\n")), "mails.jsonl");
        folder.Write("question,choices,answer\n" + string.Concat(Enumerable.Range(0, 16).Select(i => $"which is number {i},{i}|{i + 1},A\n")), "quiz.csv");
        foreach (string domain in (string[])["photo", "sketch", "toy"])
            foreach (int kind in (int[])[0, 1, 2, 3])
                for (int i = 0; i < 8; i++) Stripes(domain[0] + 3 * kind, i, "things", domain, $"thing-{kind}", $"{i}.png");
        foreach (var (name, kinds, count) in ((string, string[], int)[])[("food", ["fruits", "clothes"], 32), ("garage", ["tools", "instruments"], 32), ("zoo", ["animals", "colours"], 32)])
            folder.Write(Sentences(kinds, 0, count), "texts", $"{name}.jsonl");
        folder.Write(Sentences(["fruits", "tools"], 0, 24), "my-texts.jsonl");
        folder.Write(Sentences(["fruits", "tools"], 24, 12), "my-test-texts.jsonl");
        folder.Write("which word is the apple\nwhich word is the saw\n", "questions.txt");
        Picture(40, "photos", "one.png");
        foreach (string method in (string[])["classifier", "learned"]) folder.Write(Run(method), "results", "label-shift", "runs", $"{method}-k001-seed0.json");
        Directory.SetCurrentDirectory(folder.Path);
    }

    public static string Fixture(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Fixtures", .. parts]);

    public void Dispose()
    {
        Directory.SetCurrentDirectory(before);
        folder.Dispose();
    }

    // In words that the small T5 knows.
    static readonly Dictionary<string, string> words = new()
    {
        ["fruits"] = "apple banana grape lemon pear plum cherry mango",
        ["clothes"] = "shirt shoe hat sock coat glove scarf skirt",
        ["tools"] = "hammer saw drill wrench chisel shovel rake axe",
        ["instruments"] = "piano violin drum flute guitar harp trumpet cello",
        ["animals"] = "ant mouse cat goat cow elephant whale ant",
        ["colours"] = "red blue green yellow black white brown pink",
    };

    static string Sentences(string[] kinds, int first, int count) => string.Concat(Enumerable.Range(first, count).Select(i =>
    {
        string kind = kinds[i % 2], word = words[kind].Split(' ')[i / 2 % 8];
        string text = (i / 16 % 3) switch { 0 => $"which word is the {word}", 1 => $"the {word} is one of the list", _ => $"how many are the {word}" };
        return $$"""{"text":"{{text}} {{i}}","label":"{{kind}}"}""" + "\n";
    }));

    // What an experiment leaves of one run.
    static string Run(string method) => $$"""
        {
          "key": { "experiment": "label-shift", "method": "{{method}}", "shots": 1, "seed": 0 },
          "configurationHash": "abc", "configuration": { "steps": 60 }, "versions": { "TorchSharp": "0.107.0" }, "inputs": { "base": "00ff" },
          "sampleIndices": [5, 3], "effectiveShots": [1, 1], "accuracy": 0.5, "scores": {}, "validationAccuracy": 0.5, "testCount": 100, "trainableParameters": 108, "headParameters": 10,
          "bestEpoch": null, "timings": { "train": 1.25 }, "details": null, "startedUtc": "2024-02-29T12:30:00+00:00"
        }
        """;

    void SaveTextAdapters(params string[] names)
    {
        using var scope = torch.NewDisposeScope();
        using var model = T5Model.Load(folder["flan-t5"]);
        for (int i = 0; i < names.Length; i++)
        {
            using var tuning = LoraTuning.Attach(model, seed: i, roles: [LinearRole.Query, LinearRole.Value]);
            using var generator = new torch.Generator((ulong)i, torch.CPU);
            // Fresh modules change nothing; these do.
            using (torch.no_grad())
                foreach (var parameter in tuning.TrainableParameters()) parameter.normal_(0, 0.1, generator);
            using var adapter = tuning.ToAdapter(names[i]);
            adapter.Save(folder.At("adapters", names[i]));
        }
    }

    void Picture(int brightness, params string[] parts) =>
        File.WriteAllBytes(folder.At(parts), Pictures.Encode(SKEncodedImageFormat.Png, 32, 32, (x, y) => new SKColor((byte)brightness, (byte)(brightness / 2 + x), (byte)(4 * y))));

    // Stripes of a direction for each kind, moved along from picture to picture: colours alone do not tell the kinds apart.
    void Stripes(int kind, int moved, params string[] parts) =>
        File.WriteAllBytes(folder.At(parts), Pictures.Encode(SKEncodedImageFormat.Png, 32, 32, (x, y) => new SKColor((byte)(127 + 120 * Math.Sin((x * Math.Cos(kind) + y * Math.Sin(kind) + moved) / 2)), (byte)(4 * x), (byte)(4 * y))));

    void Copy(string from, string to)
    {
        string place = Path.Combine(folder.Path, to);
        Directory.CreateDirectory(place);
        foreach (string file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(place, Path.GetFileName(file)));
    }
}
