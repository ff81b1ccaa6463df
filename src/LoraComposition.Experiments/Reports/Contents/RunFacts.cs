using System.Globalization;
using System.Text.Json;
using LoraComposition.Models;

namespace LoraComposition.Experiments;

/// <summary>Says in sentences which runs there are, and what was short.</summary>
static class RunFacts
{
    public static IReadOnlyList<string> Of(ReportExperiment experiment)
    {
        var (runs, summary) = (experiment.Runs, experiment.Summary);
        int[] seeds = [.. runs.Select(r => r.Key.Seed).Distinct().Order()];
        List<string> facts =
        [
            $"{Count(runs.Count, "run")}: {Count(summary.Methods.Count, "method")}, K = {string.Join(", ", summary.Shots.Select(ShotCount.Text))}, {(seeds.Length == 1 ? "seed" : "seeds")} {string.Join(", ", seeds.Select(Text))}.",
            $"Scored on {Numbers(runs.Select(r => (long)r.TestCount))} {(Scored(runs, "validation") ? "samples of the validation part, not of the test set" : "test samples")}.",
        ];
        if (runs.Any(r =>
            r.HeadParameters > 0)) facts.Add($"The head has {Numbers(runs.Where(r => r.HeadParameters > 0).Select(r => r.HeadParameters))} trained numbers, which |Θ| does not count.");
        if (seeds.Length == 1) facts.Add("One seed: the spread is unknown.");
        facts.AddRange(Missing(summary, seeds.Length));
        facts.AddRange(summary.Shots.OfType<int>().Select(k => Shortage(runs, k)).OfType<string>());
        return facts;
    }

    static IEnumerable<string> Missing(Summary summary, int seeds)
    {
        string[] fewer = [.. from method in summary.Methods
                              from k in summary.Shots
                              let found = summary.Find(method, k)?.Runs ?? 0
                              where found < seeds
                              select $"{method} at K = {ShotCount.Text(k)} has {found.ToString(CultureInfo.InvariantCulture)}"];
        if (fewer.Length > 0) yield return $"Not every method has {Count(seeds, "run")} at every K: {string.Join("; ", fewer)}.";
    }

    static string? Shortage(IReadOnlyList<RunResult> runs, int k)
    {
        var at = runs.Where(r => r.Key.Shots == k && r.EffectiveShots.Any(n => n < k)).ToArray();
        if (at.Length == 0) return null;
        int classes = at.Max(r => r.EffectiveShots.Count), shorter = at.Max(r => r.EffectiveShots.Count(n => n < k)), fewest = at.Min(r => r.EffectiveShots.Min());
        return classes == 1 ? $"K = {Text(k)}: there were only {Text(fewest)} samples to learn from."
            : $"K = {Text(k)}: {Text(shorter)} of {Text(classes)} classes hold fewer samples, the smallest {Text(fewest)}; all of theirs were used.";
    }

    static bool Scored(IReadOnlyList<RunResult> runs, string part) => runs.All(r => r.Configuration.TryGetProperty("scored", out var scored)
        && scored.ValueKind == JsonValueKind.String && scored.GetString() == part);

    static string Count(int number, string what) => $"{Text(number)} {what}{(number == 1 ? "" : "s")}";

    static string Numbers(IEnumerable<long> numbers) => string.Join(" or ", numbers.Distinct().Order().Select(n => n.ToString("N0", CultureInfo.InvariantCulture)));

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>
/// The numbers of trained parameters that arXiv:2402.15414 prints, beside those counted here. They are compared only where the setting is the paper's, which
/// the counts of full fine-tuning and of the fresh LoRA tell.
/// </summary>
/// <param name="Method">The method.</param>
/// <param name="Counted">The number counted here.</param>
/// <param name="Printed">What the paper prints.</param>
/// <param name="Remark">Whether that agrees.</param>
sealed record PaperCounts(string Method, long Counted, string Printed, string Remark)
{
    const long VitBody = 87_455_232, VitLora = 884_736, T5Body = 783_150_080, T5LoraQueryValue = 4_718_592, T5LoraQueryKeyValue = 7_077_888;
    const int VitSites = 36;

    /// <summary>What can be compared, in the order of the methods; nothing where the setting is not the paper's.</summary>
    public static IReadOnlyList<PaperCounts> Of(Summary summary)
    {
        long[] Counts(string method) => [.. summary.Rows.Where(r => r.Method == method).Select(r => r.TrainableParameters).Distinct()];
        bool vit = Counts("full") is [VitBody] || Counts("lora") is [VitLora];
        bool t5 = Counts("full") is [T5Body] || Counts("lora") is [T5LoraQueryValue or T5LoraQueryKeyValue];
        if (!vit && !t5) return [];
        return [.. summary.Methods.SelectMany(method => Counts(method).Select(count => vit ? OnVit(method, count) : OnT5(method, count))).OfType<PaperCounts>()];
    }

    /// <summary>The number as tables write it.</summary>
    public string Text => Counted.ToString("N0", CultureInfo.InvariantCulture);

    static PaperCounts? OnVit(string method, long count) => (method, count) switch
    {
        ("full", VitBody) => new(method, count, "86M", "The paper rounds the body of ViT-B; this count is that of ViT-B/32."),
        ("lora", VitLora) => new(method, count, "0.88M", "Agrees."),
        ("learned", 3 * VitSites) => new(method, count, "108", "Agrees: 36 layers with 3 modules."),
        ("learned", _) when count % VitSites == 0 => new(method, count, "108",
            $"The paper prints 108 for every number of modules; that is right for 3 only. Here there are {(count / VitSites).ToString(CultureInfo.InvariantCulture)}."),
        _ => null,
    };

    static PaperCounts? OnT5(string method, long count) => (method, count) switch
    {
        ("full", T5Body) => new(method, count, "787M", "The paper's number is that of the base and the LoRA together."),
        ("lora", T5LoraQueryValue) => new(method, count, "471M", "A lost decimal point: 4.71M is the LoRA on query and value."),
        ("lora", T5LoraQueryKeyValue) =>
            new(method, count, "471M", "A lost decimal point: 4.71M is the LoRA on query and value; here it is on query, key and value."),
        ("learned", _) => new(method, count, "1.6K", "No setup that the paper states gives its number."),
        _ => null,
    };
}

/// <summary>Which layer a path names, and what it does in attention.</summary>
/// <param name="Role">query, key, value or output; the path's last part for others.</param>
/// <param name="Layer">For example <c>layer 3</c>, for T5 <c>decoder 3 cross</c>.</param>
/// <param name="Order">Sorts the layers: those of an encoder first, then by number, cross-attention after the decoder's own.</param>
sealed record SiteName(string Role, string Layer, (int Stack, int Number, int Cross) Order)
{
    /// <summary>Reads a path of ViT or T5, in any spelling.</summary>
    /// <param name="path">The path.</param>
    /// <param name="role">What the layer does; the path tells it where it is not known, as in results of earlier versions.</param>
    public static SiteName Of(string path, LinearRole? role)
    {
        string[] parts = path.Split('.');
        string? digits = parts.FirstOrDefault(part => part.Length is > 0 and <= 6 && part.All(char.IsAsciiDigit));
        if (digits is null) return new SiteName(RoleOf(role, parts[^1]), path, (0, 0, 0));
        bool cross = parts.Contains("EncDecAttention");
        // T5's paths begin so; a ViT has one stack.
        string stack = parts[0] is "encoder" or "decoder" && parts.Contains("block") ? parts[0] : "layer";
        int number = int.Parse(digits, CultureInfo.InvariantCulture);
        return new SiteName(RoleOf(role, parts[^1]), $"{stack} {number}{(cross ? " cross" : "")}", (stack == "decoder" ? 1 : 0, number, cross ? 1 : 0));
    }

    static string RoleOf(LinearRole? role, string part) => (role, part) switch
    {
        (LinearRole.Query, _) or (null, "q" or "q_proj" or "query") => "query",
        (LinearRole.Key, _) or (null, "k" or "k_proj" or "key") => "key",
        (LinearRole.Value, _) or (null, "v" or "v_proj" or "value") => "value",
        (LinearRole.Output, _) or (null, "o" or "o_proj") => "output",
        // Feed-forward parts have no common names.
        _ => part,
    };
}
