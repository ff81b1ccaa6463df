using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>How one data set stores its questions. Reads its original JSON files and the hub's Parquet files.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public abstract class QuestionFormat
{
    private protected QuestionFormat(string name, IPromptTemplate template) => (Name, Template) = (name, template);

    /// <summary>The name of the data set.</summary>
    public string Name { get; }

    /// <summary>How the data set's questions are written for a model by default.</summary>
    public IPromptTemplate Template { get; }

    /// <summary>The seed that puts the options of every question into another order; null, the default, keeps the order of the file where it has one.</summary>
    public int? ShuffleSeed { get; init; }

    /// <summary>The seed to shuffle with; null for the order of the file.</summary>
    private protected virtual int? OptionSeed => ShuffleSeed;

    /// <summary>Whether a question without the text it is about is skipped.</summary>
    private protected virtual bool NeedsContext => false;

    /// <summary>The words in file names that stand for each part.</summary>
    private protected virtual IReadOnlyDictionary<string, QuestionPart> PartWords { get; } = new Dictionary<string, QuestionPart>
    {
        ["train"] = QuestionPart.Train,
        ["dev"] = QuestionPart.Validation,
        ["valid"] = QuestionPart.Validation,
        ["validation"] = QuestionPart.Validation,
        ["test"] = QuestionPart.Test,
    };

    private protected abstract RowContent Read(QuestionRow row, int number);

    /// <summary>Reads every part that a folder holds. Which part a file is follows from its name.</summary>
    /// <param name="folder">The folder of the data set's files, or one whose sub-folder <c>data</c> holds them.</param>
    /// <param name="name">What to call the data set; <see cref="Name"/> where not given. The part is appended.</param>
    /// <returns>The parts, complete in memory.</returns>
    /// <exception cref="DataException">The folder is missing or holds no part, one part is in several files, or a file is damaged; the message names the file
    /// and its line or row.</exception>
    public QuestionSplits Open(string folder, string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var files = QuestionFile.InFolder(folder, PartWords);
        QuestionDataset? Part(QuestionPart part) => files.TryGetValue(part, out var list) ? Read(list, $"{name ?? Name}-{part.ToString().ToLowerInvariant()}")
            : null;
        return new QuestionSplits(Part(QuestionPart.Train), Part(QuestionPart.Validation), Part(QuestionPart.Test));
    }

    /// <summary>Reads one file, whatever its name.</summary>
    /// <param name="file">The file: JSON lines or a JSON list, or Parquet where it is called <c>.parquet</c>.</param>
    /// <param name="name">What to call the data set; <see cref="Name"/> where not given.</param>
    /// <returns>The questions, complete in memory.</returns>
    /// <exception cref="DataException">The file is missing or damaged; the message names its line or row.</exception>
    public QuestionDataset OpenFile(string file, string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        return Read([file], name ?? Name);
    }

    QuestionDataset Read(IReadOnlyList<string> files, string name)
    {
        var collector = new QuestionCollector(NeedsContext);
        foreach (string file in files)
        {
            foreach (var row in QuestionFile.IsParquet(file) ? ParquetRows.Read(file) : JsonRows.Read(file)) collector.Add(row, Read(row, collector.NextNumber));
        }
        if (collector.Questions.Count == 0)
            throw new DataException(files[0], $"expected at least one question, found none ({collector.Skipped.Total} rows were skipped).");
        var dataset = new QuestionDataset(name, collector.Questions, collector.Skipped);
        return OptionSeed is { } seed ? dataset.WithShuffledOptions(seed) : dataset;
    }
}

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
        if (!placeOfId.TryAdd(content.Id, row.Place))
            throw row.Refused($"expected each id once, found '{content.Id}' as at {placeOfId[content.Id]} with another content; remove one of the two rows.");
        return new(content.Id, content.Question, content.Options, content.AnswerIndex, string.IsNullOrWhiteSpace(content.Context) ? null : content.Context);
    }
}

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

/// <summary>Finds the files of each part of a data set of questions.</summary>
internal static class QuestionFile
{
    static readonly string[] extensions = [".json", ".jsonl", ".parquet"];

    /// <summary>The files of each part in the order in which they are read.</summary>
    /// <param name="folder">The folder; where it holds no such file, its sub-folder <c>data</c> is looked into, as data sets lie on the hub.</param>
    /// <param name="words">The words that stand for each part.</param>
    public static IReadOnlyDictionary<QuestionPart, IReadOnlyList<string>> InFolder(string folder, IReadOnlyDictionary<string, QuestionPart> words)
    {
        if (!Directory.Exists(folder)) throw new DataException(folder, "the folder is missing; give the folder that holds the data set's files.");
        try
        {
            var parts = new[] { folder, Path.Combine(folder, "data") }.Where(Directory.Exists).Select(f => PartFiles.In(f, extensions, words))
                .FirstOrDefault(p => p.Count > 0);
            return parts
                ?? throw new DataException(folder,
                $"expected .json, .jsonl or .parquet files with one of the words {string.Join(", ", words.Keys)} in their names, found none.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(folder, $"the folder cannot be listed: {e.Message}", e);
        }
    }

    public static bool IsParquet(string file) => Path.GetExtension(file).Equals(".parquet", StringComparison.OrdinalIgnoreCase);
}
