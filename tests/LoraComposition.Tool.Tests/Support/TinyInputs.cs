using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Tool.Tests.Support;

/// <summary>A base, two adapters and pictures of three classes with awkward names, as a user would have them.</summary>
internal sealed class TinyInputs : IDisposable
{
    static readonly (string, int)[] classes = [("apple, red", 6), ("a \"pear\"", 6), ("plum", 6)];

    readonly TemporaryFolder folder = new();

    public TinyInputs()
    {
        TinyModel.Save(At("base"));
        using var model = TinyModel.Create(1);
        foreach (int seed in (int[])[1, 2])
        {
            using var adapter = TinyAdapters.Create(model, "any", seed);
            adapter.Save(At($"module-{seed}"));
        }
        TinyImageFolder.Write(At("pictures", "train"), classes);
        TinyImageFolder.Write(At("pictures", "test"), classes, firstInstance: 6);
    }

    public string Path => folder.Path;

    /// <summary>An <c>adapt</c> that takes a moment, without <c>--out</c>.</summary>
    public string[] Adapt =>
        ["adapt", "--base", At("base"), "--adapter", At("module-1"), "--adapter", At("module-2"), "--data", At("pictures"), "--shots", "2", "--validation", "3", "--steps", "3", "--rank", "2", "--threads", "1"];

    public string At(params string[] parts) => folder.At(parts);

    public void Dispose() => folder.Dispose();
}
