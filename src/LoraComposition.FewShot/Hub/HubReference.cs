using System.Text.RegularExpressions;

namespace LoraComposition.FewShot;

/// <summary>What a model or adapter is called on a hub: <c>owner/name</c>, or <c>owner/name@revision</c> for a branch, a tag or a commit.</summary>
/// <param name="Repository">Owner and name, with the slash between them.</param>
/// <param name="Revision">The branch, tag or commit.</param>
sealed partial record HubReference(string Repository, string Revision)
{
    const string DefaultRevision = "main";
    const int LongestRepository = 96, LongestRevision = 200;

    /// <summary>Whether the revision is a whole commit hash, which never means anything else.</summary>
    public bool IsCommit => IsHash(Revision);

    /// <summary>Reads a reference strictly, because parts of it become parts of paths and addresses; null where it is none.</summary>
    public static HubReference? Parse(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        string repository = at < 0 ? text : text[..at], revision = at < 0 ? DefaultRevision : text[(at + 1)..];
        if (repository.Length > LongestRepository || !RepositoryForm().IsMatch(repository) || repository.Contains("..", StringComparison.Ordinal)
            || repository.Contains("--", StringComparison.Ordinal)) return null;
        // A file in a folder, mistyped.
        if (repository.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || repository.EndsWith(".git", StringComparison.OrdinalIgnoreCase)) return null;
        if (revision.Length > LongestRevision || !RevisionForm().IsMatch(revision)) return null;
        return new HubReference(repository, revision);
    }

    /// <summary>Whether a text is a commit's hash, all 40 digits of it.</summary>
    public static bool IsHash(string text) => CommitForm().IsMatch(text);

    public override string ToString() => Revision == DefaultRevision ? Repository : $"{Repository}@{Revision}";

    [GeneratedRegex(@"\A[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?/[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex RepositoryForm();

    // Each part between slashes begins and ends as the whole does, so none is . or .. or empty.
    [GeneratedRegex(@"\A[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?(/[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?)*\z", RegexOptions.ExplicitCapture)]
    private static partial Regex RevisionForm();

    [GeneratedRegex(@"\A[0-9a-f]{40}\z")]
    private static partial Regex CommitForm();
}
