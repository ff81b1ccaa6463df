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
    /// <exception cref="DataException">The folder is missing or holds no part, one part is in several files, or a file is damaged; the message names the file and its line or row.</exception>
    public QuestionSplits Open(string folder, string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var files = QuestionFile.InFolder(folder, PartWords);
        QuestionDataset? Part(QuestionPart part) => files.TryGetValue(part, out var list) ? Read(list, $"{name ?? Name}-{part.ToString().ToLowerInvariant()}") : null;
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
        if (collector.Questions.Count == 0) throw new DataException(files[0], $"expected at least one question, found none ({collector.Skipped.Total} rows were skipped).");
        var dataset = new QuestionDataset(name, collector.Questions, collector.Skipped);
        return OptionSeed is { } seed ? dataset.WithShuffledOptions(seed) : dataset;
    }
}
