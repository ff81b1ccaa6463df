using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using LoraComposition.Text;

namespace LoraComposition.Tool.Tests.Commands;

/// <summary>mT5 and UMT5 all the way: inspected, checked, composed, trained, adapted, evaluated and asked, with texts in Japanese that their vocabulary does not hold.</summary>
public sealed class MultilingualTextTests : IDisposable
{
    static readonly string[] fruits = ["\u30ea\u30f3\u30b4", "\u68a8", "\u6843", "\u67ff"], animals = ["\u732b", "\u72ac", "\u725b", "\u99ac"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(T5Family.Mt5, "mt5")]
    [InlineData(T5Family.Umt5, "umt5")]
    public async Task AllCommandsWorkOnThem(T5Family family, string name)
    {
        string @base = Base(family);
        folder.Write(Texts(0, 24), "texts", "train.jsonl");
        folder.Write(Texts(24, 8), "texts", "test.jsonl");
        string[] modules = ["--adapter", folder.At("module-1"), folder.At("module-2")];

        using var inspected = JsonDocument.Parse(await DoneAsync("inspect", @base, "--json"));
        inspected.RootElement.GetProperty("model").GetString().Should().Be(name);
        (await DoneAsync(["check", "--base", @base, .. modules])).Should().Contain("module-1");
        await DoneAsync(["compose", "--base", @base, .. modules, "--as", "checkpoint", "--out", folder.At("composed")]);
        T5Model.Check(folder.At("composed")).Should().Be(T5Model.Check(@base));
        T5Tokenizer.Load(folder.At("composed")).Encode(fruits[1]).Take(2).Should().Equal(259, 3 + 0xE6);
        await DoneAsync("train", "--base", @base, "--data", folder.At("texts"), "--epochs", "1", "--batch", "8", "--validation", "0", "--threads", "1", "--force", "--out", folder.At("trained"));
        await DoneAsync(["adapt", "--base", @base, .. modules, "--data", folder.At("texts"), "--shots", "4", "--validation", "6", "--steps", "3", "--rank", "2", "--threads", "1", "--method", "uniform,lora", "--out", folder.At("model")]);
        using var evaluation = JsonDocument.Parse(await DoneAsync("evaluate", "--model", folder.At("model"), "--data", folder.At("texts"), "--json"));
        evaluation.RootElement.GetProperty("scores").GetProperty("count").GetInt32().Should().Be(8);
        string[] predictions = (await DoneAsync("predict", "--model", folder.At("model"), "--texts", folder.At("texts", "test.jsonl"), "--top", "1")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        predictions.Should().HaveCount(9);
        predictions[1].Should().Contain(fruits[0]).And.MatchRegex("fruits|animals");
    }

    string Base(T5Family family)
    {
        object[][] vocabulary = [["<pad>", 0], ["</s>", 0], ["<unk>", 0], .. Enumerable.Range(0, 256).Select(value => new object[] { $"<0x{value:X2}>", -9 }), ["\u2581", -1],
            .. "abcdefghijklmnopqrstuvwxyz".Select(letter => new object[] { letter.ToString(), -2 })];
        folder.Write(JsonSerializer.Serialize(new { model = new { type = "Unigram", unk_id = 2, byte_fallback = true, vocab = vocabulary } }), "base", "tokenizer.json");
        folder.Write("""{"tokenizer_class": "T5Tokenizer", "extra_ids": 0}""", "base", "tokenizer_config.json");
        using var model = T5Model.Create(T5Config.Of(family) with
        {
            VocabularySize = 320,
            HiddenSize = 16,
            EncoderLayerCount = 2,
            DecoderLayerCount = 2,
            HeadCount = 2,
            KeyValueSize = 8,
            IntermediateSize = 24,
        }, seed: 1);
        model.Save(folder.At("base"));
        foreach (int seed in (int[])[1, 2])
        {
            using var adapter = TinyAdapters.Create(model, "any", seed, width: 16, scaling: 0.02);
            adapter.Save(folder.At($"module-{seed}"));
        }
        return folder.At("base");
    }

    static string Texts(int first, int count) => string.Concat(Enumerable.Range(first, count).Select(i =>
        $$"""{"text":"{{(i % 2 == 0 ? fruits : animals)[i / 2 % 4]}} {{i}}","label":"{{(i % 2 == 0 ? "fruits" : "animals")}}"}""" + "\n"));

    static async Task<string> DoneAsync(params string[] arguments)
    {
        var (code, output, errors) = await CommandLine.RunAsync(arguments);
        code.Should().Be(0, string.Join('\n', errors));
        return output;
    }
}
