using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>What a row says, before it is known to be a question.</summary>
internal sealed record RowContent(string Id, string Question, IReadOnlyList<AnswerOption> Options, int? AnswerIndex, string? Context)
{
    /// <summary>Options labelled A, B, C … in the order of their texts.</summary>
    public static AnswerOption[] Lettered(IEnumerable<string> texts) => [.. texts.Select((text, i) => new AnswerOption(((char)('A' + i)).ToString(), text))];

    /// <summary>Whether a text that a question needs is empty.</summary>
    public bool HasEmptyText => string.IsNullOrWhiteSpace(Question) || Options.Any(o => string.IsNullOrWhiteSpace(o.Text));

    /// <summary>One text that two rows share only where they say the same; the id does not count.</summary>
    public string Identity => string.Join('\u001f', [Question, Context ?? "", $"{AnswerIndex}", .. Options.SelectMany(o => new[] { o.Label, o.Text })]);
}
