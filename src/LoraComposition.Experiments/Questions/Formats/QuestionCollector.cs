using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Makes questions of rows: skips and counts the ones that cannot be asked, and refuses the ones that contradict themselves.</summary>
internal sealed class QuestionCollector(bool needsContext)
{
    readonly List<MultipleChoiceQuestion> questions = [];
    readonly Dictionary<string, string> placeOfId = new(StringComparer.Ordinal);
    readonly HashSet<string> identities = new(StringComparer.Ordinal);

    public IReadOnlyList<MultipleChoiceQuestion> Questions => questions;

    public SkippedRows Skipped { get; private set; } = SkippedRows.None;

    /// <summary>The number of the next row, from 1; the rows of all files count on.</summary>
    public int NextNumber { get; private set; } = 1;

    public void Add(QuestionRow row, RowContent content)
    {
        NextNumber++;
        if (content.HasEmptyText) Skipped = Skipped with { WithEmptyText = Skipped.WithEmptyText + 1 };
        else if (needsContext && string.IsNullOrWhiteSpace(content.Context)) Skipped = Skipped with { WithoutContext = Skipped.WithoutContext + 1 };
        else if (!identities.Add(content.Identity)) Skipped = Skipped with { Repeated = Skipped.Repeated + 1 };
        else questions.Add(Checked(row, content));
    }

    MultipleChoiceQuestion Checked(QuestionRow row, RowContent content)
    {
        if (MultipleChoiceQuestion.Problem(content.Id, content.Question, content.Options, content.AnswerIndex) is { } problem) throw row.Refused(problem);
        if (!placeOfId.TryAdd(content.Id, row.Place)) throw row.Refused($"expected each id once, found '{content.Id}' as at {placeOfId[content.Id]} with another content; remove one of the two rows.");
        return new(content.Id, content.Question, content.Options, content.AnswerIndex, string.IsNullOrWhiteSpace(content.Context) ? null : content.Context);
    }
}
