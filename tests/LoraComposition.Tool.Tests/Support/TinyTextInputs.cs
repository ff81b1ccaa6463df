using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Tool.Tests.Support;

/// <summary>The T5 that comes with the samples, two modules that learned nothing in particular, and texts with labels, as a user would have them.</summary>
internal sealed class TinyTextInputs : IDisposable
{
    static readonly string[] fruits = ["apple", "pear", "plum", "cherry"], animals = ["cat", "goat", "cow", "mouse"];

    readonly TemporaryFolder folder = new();

    public TinyTextInputs()
    {
        using var model = Models.T5Model.Load(Base);
        foreach (int seed in (int[])[1, 2])
        {
            using var adapter = TinyAdapters.Create(model, "any", seed, width: model.Config.HiddenSize, scaling: 0.02);
            adapter.Save(At($"module-{seed}"));
        }
        folder.Write(Texts(0, 32), "texts", "train.jsonl");
        folder.Write(Texts(32, 12), "texts", "test.jsonl");
    }

    /// <summary>The base.</summary>
    public static string Base => System.IO.Path.Combine(AppContext.BaseDirectory, "base-models", "t5-questions");

    /// <summary>An <c>adapt</c> that takes a moment, without <c>--out</c>.</summary>
    public string[] Adapt =>
        ["adapt", "--base", Base, "--adapter", At("module-1"), At("module-2"), "--data", At("texts"), "--shots", "4", "--validation", "6", "--steps", "4", "--rank", "2", "--threads", "1"];

    public string At(params string[] parts) => folder.At(parts);

    public string Write(string text, params string[] parts) => folder.Write(text, parts);

    static string Texts(int first, int count) => string.Concat(Enumerable.Range(first, count).Select(i =>
        $$"""{"text":"which word is the {{(i % 2 == 0 ? fruits : animals)[i / 2 % 4]}} {{i}}","label":"{{(i % 2 == 0 ? "fruits" : "animals")}}"}""" + "\n"));

    public void Dispose() => folder.Dispose();
}
