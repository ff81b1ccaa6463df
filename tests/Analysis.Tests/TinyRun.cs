using LoraComposition.FewShot.Tests.Support;

namespace Analysis.Tests;

/// <summary>A tiny model, pictures, and the arguments that use them.</summary>
internal static class TinyRun
{
    /// <summary>Four sets of two labels: three modules, the last set is downstream.</summary>
    public static string[] LabelSets(TemporaryFolder folder, int steps = 3)
    {
        Write(folder["pictures/train"], 8, 6, firstInstance: 0);
        Write(folder["pictures/test"], 8, 5, firstInstance: 6);
        return ["--data", "folder", "--path", folder["pictures"], "--splits", "4", .. Model(folder, steps)];
    }

    /// <summary>Three domains of PACS, each of seven classes: two modules, the third is downstream.</summary>
    public static string[] NamedSets(TemporaryFolder folder)
    {
        string[] classes = ["dog", "elephant", "giraffe", "guitar", "horse", "house", "person"];
        foreach (string domain in (string[])["photo", "cartoon", "sketch"]) TinyImageFolder.Write(folder[$"pacs/{domain}"], [.. classes.Select(name => (name, 5))]);
        return ["--upstream", $"pacs-photo={folder["pacs"]},pacs-cartoon={folder["pacs"]}", "--downstream", $"pacs-sketch={folder["pacs"]}", .. Model(folder, steps: 3)];
    }

    static string[] Model(TemporaryFolder folder, int steps) =>
        ["--model", TinyModel.Save(folder["model"]), "--rank", "2", "--upstream-epochs", "2", "--validation", "1", "--threads", "1", "--seeds", "2", "--steps", $"{steps}", "--out", folder["out"]];

    static void Write(string folder, int classes, int perClass, int firstInstance) =>
        TinyImageFolder.Write(folder, [.. Enumerable.Range(0, classes).Select(i => ($"class-{i}", perClass))], firstInstance);
}
