using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace LoraComposition.Tool;

/// <summary>Writes a command's result to standard output: for people, or as JSON. Colours only on a terminal.</summary>
static class ToolOutput
{
    const int WidthOfFiles = 1000;   // where the output is no terminal, no line of a table is broken

    static readonly JsonSerializerOptions json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Writes a result in the form that was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="result">The result; its public properties are the JSON.</param>
    /// <param name="text">Writes it for people.</param>
    public static void Write<T>(ParseResult parsed, T result, Action<IAnsiConsole, T> text)
    {
        if (parsed.GetValue(CommonOptions.Json))
        {
            Console.Out.WriteLine(Json(result));
            return;
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected) console.Profile.Width = WidthOfFiles;
        text(console, result);
    }

    /// <summary>A result as the JSON that <c>--json</c> writes.</summary>
    public static string Json<T>(T result) => JsonSerializer.Serialize(result, result!.GetType(), json);
}
