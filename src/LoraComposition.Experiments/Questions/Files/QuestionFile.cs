using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

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
            var parts = new[] { folder, Path.Combine(folder, "data") }.Where(Directory.Exists).Select(f => PartFiles.In(f, extensions, words)).FirstOrDefault(p => p.Count > 0);
            return parts ?? throw new DataException(folder, $"expected .json, .jsonl or .parquet files with one of the words {string.Join(", ", words.Keys)} in their names, found none.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(folder, $"the folder cannot be listed: {e.Message}", e);
        }
    }

    public static bool IsParquet(string file) => Path.GetExtension(file).Equals(".parquet", StringComparison.OrdinalIgnoreCase);
}
