namespace Documentation.Tests.Pages;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page's path in the repository.</param>
/// <param name="Line">The line of the opening fence, from 1.</param>
/// <param name="Language">What stands after the fence; empty where nothing does.</param>
/// <param name="Needs">What the comment <c>&lt;!-- needs: … --&gt;</c> before the block says; null where there is none.</param>
/// <param name="Lines">The lines between the fences.</param>
internal sealed record CodeBlock(string Page, int Line, string Language, string? Needs, IReadOnlyList<string> Lines)
{
    public string Place => $"{Page}:{Line}";

    public string Text => string.Join('\n', Lines);
}
