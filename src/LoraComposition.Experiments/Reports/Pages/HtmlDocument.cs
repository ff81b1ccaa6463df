namespace LoraComposition.Experiments;

/// <summary>A page that needs nothing beside it: one file, no script, nothing loaded.</summary>
static class HtmlDocument
{
    // A browser is told to allow neither scripts nor anything from elsewhere.
    const string Policy = "default-src 'none'; style-src 'unsafe-inline'", PolicyWithPictures = Policy + "; img-src data:";

    /// <param name="title">The page's title.</param>
    /// <param name="body">What stands below it.</param>
    /// <param name="pictures">Whether the body holds pictures, which are a part of the page themselves.</param>
    public static string Of(string title, Html body, bool pictures = false) => Html.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="{(pictures ? PolicyWithPictures : Policy)}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{title}</title>
        <style>
        {Html.Made(PageStyle.Css)}
        </style>
        </head>
        <body>
        <h1>{title}</h1>
        {body}</body>
        </html>

        """).ToString().ReplaceLineEndings("\n");
}
