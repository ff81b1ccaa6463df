using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Serve;

/// <summary><c>/</c>: the page to drop a picture on, or to paste a text into. It is in the program and asks for nothing from elsewhere.</summary>
static partial class PageEndpoint
{
    public static void MapPage(this WebApplication app)
    {
        using var resource = new StreamReader(typeof(PageEndpoint).Assembly.GetManifestResourceStream("index.html")!, Encoding.UTF8);
        string page = resource.ReadToEnd();
        // The browser runs the page's own script and nothing else, whatever a class is called.
        string policy = $"default-src 'none'; script-src {Hash(ScriptPattern(), page)}; style-src {Hash(StylePattern(), page)}; img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        app.MapGet("/", (HttpResponse response) =>
        {
            response.Headers.ContentSecurityPolicy = policy;
            response.Headers.XContentTypeOptions = "nosniff";
            response.Headers.CacheControl = "no-cache";
            return Results.Text(page, "text/html", Encoding.UTF8);
        });
    }

    static string Hash(Regex pattern, string page) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(pattern.Match(page).Groups[1].Value)))}'";

    [GeneratedRegex("<script>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex ScriptPattern();

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex StylePattern();
}
