using System.Globalization;

namespace LoraComposition.Experiments;

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
        ("learned", _) when count % VitSites == 0 => new(method, count, "108", $"The paper prints 108 for every number of modules; that is right for 3 only. Here there are {(count / VitSites).ToString(CultureInfo.InvariantCulture)}."),
        _ => null,
    };

    static PaperCounts? OnT5(string method, long count) => (method, count) switch
    {
        ("full", T5Body) => new(method, count, "787M", "The paper's number is that of the base and the LoRA together."),
        ("lora", T5LoraQueryValue) => new(method, count, "471M", "A lost decimal point: 4.71M is the LoRA on query and value."),
        ("lora", T5LoraQueryKeyValue) => new(method, count, "471M", "A lost decimal point: 4.71M is the LoRA on query and value; here it is on query, key and value."),
        ("learned", _) => new(method, count, "1.6K", "No setup that the paper states gives its number."),
        _ => null,
    };
}
