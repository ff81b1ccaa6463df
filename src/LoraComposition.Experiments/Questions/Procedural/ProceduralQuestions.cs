using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Multiple-choice questions made by small grammars over a closed vocabulary: four options, one right answer. Nothing is read, and the questions are
/// the same on every machine.
/// </summary>
/// <remarks>
/// A question belongs to one part by a hash of its wording and its options (whatever their order): about 70 % train, 15 % validation, 15 % test. So no
/// question is in two parts, whatever their seeds. Within a data set none is repeated, and a longer data set begins with the shorter one.
/// </remarks>
public static class ProceduralQuestions
{
    const string FormulaVersion = "procedural-text-1";
    const int MostFailures = 50_000;

    internal static readonly string[] Labels = ["A", "B", "C", "D"];

    /// <summary>Draws questions.</summary>
    /// <param name="task">The kind of question, see <see cref="ProceduralTasks"/>.</param>
    /// <param name="part">The part they belong to.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="seed">The seed. Default 0.</param>
    /// <returns>The data set. Its name holds the version of the grammars, the task and the part.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive, or is more than the task has in that part.</exception>
    public static QuestionDataset Create(ProceduralTask task, QuestionPart part, int count, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (!Enum.IsDefined(part)) throw new ArgumentOutOfRangeException(nameof(part), part, "Expected train, validation or test.");
        string partName = part.ToString().ToLowerInvariant();
        var random = new SeededRandom(ExperimentStreams.ProceduralText, task.Number, seed);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var questions = new List<MultipleChoiceQuestion>();
        for (int failures = 0; questions.Count < count;)
        {
            var draft = task.Draw(random);
            // Drawn for every draft, so that the questions of a part do not depend on which drafts are kept.
            string[] options = random.Pick([draft.Answer, .. draft.Distractors], Labels.Length);
            string identity = Identity(draft);
            if (PartOf(identity) == part && seen.Add(identity))
            {
                questions.Add(new($"{task.Name}-{partName}-{questions.Count}", draft.Question,
                    [.. options.Select((text, i) => new AnswerOption(Labels[i], text))], Array.IndexOf(options, draft.Answer)));
                failures = 0;
            }
            else if (++failures == MostFailures)
            {
                throw new ArgumentOutOfRangeException(nameof(count), count,
                    string.Create(CultureInfo.InvariantCulture, $"Task '{task.Name}' has about {questions.Count} questions in its {partName} part; ask for fewer."));
            }
        }
        return new QuestionDataset($"{FormulaVersion}/{task.Name}-{partName}", questions);
    }

    static string Identity(QuestionDraft draft)
    {
        using var hash = new ContentFingerprint();
        hash.Add(draft.Question);
        foreach (string option in draft.Distractors.Append(draft.Answer).Order(StringComparer.Ordinal)) hash.Add(option);
        return hash.ToHex();
    }

    static QuestionPart PartOf(string identity) => (int.Parse(identity.AsSpan(0, 6), NumberStyles.HexNumber, CultureInfo.InvariantCulture) % 20) switch
    {
        < 14 => QuestionPart.Train,
        < 17 => QuestionPart.Validation,
        _ => QuestionPart.Test,
    };
}
