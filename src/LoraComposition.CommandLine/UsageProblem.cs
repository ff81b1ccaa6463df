using System.CommandLine;
using System.CommandLine.Parsing;

namespace LoraComposition.CommandLine;

/// <summary>The command was asked for something that cannot be; the message is the whole line the user sees.</summary>
/// <param name="message">Names the option and what is expected.</param>
public sealed class UsageException(string message) : Exception(message);

/// <summary>What is wrong with a command line, in the words of its user.</summary>
static class UsageProblem
{
    /// <summary>The first thing that is wrong; null where nothing is.</summary>
    public static string? Of(ParseResult parsed)
    {
        // Whoever asks for help gets it.
        if (parsed.Action is { ClearsParseErrors: true }) return null;
        if (parsed.UnmatchedTokens is [var unknown, ..]) return $"'{unknown}' is not known.{NearMiss.Suggestion(parsed, unknown)}";
        if (MisspelledOption(parsed) is { } option) return NearMiss.Suggestion(parsed, option) is { Length: > 0 } meant ? $"{option} is no option here.{meant}" : $"{option} is no option here; put ./ in front where it is a file.";
        return parsed.Errors.Count > 0 ? Explain(parsed.Errors[0]) : null;
    }

    // An option that takes many values takes a misspelled one that follows for a value too, and so does an argument.
    static string? MisspelledOption(ParseResult parsed) =>
        parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .FirstOrDefault(token => token.Type == TokenType.Argument && LooksLikeAnOption(token.Value))?.Value;

    // Not a negative number.
    static bool LooksLikeAnOption(string text) => text.Length > 1 && text[0] == '-' && (text[1] == '-' || char.IsAsciiLetter(text[1]));

    static string Explain(ParseError error) => OptionOf(error.SymbolResult) is { Tokens: [var value] } result && Expected(result.Option.ValueType) is { } expected
        ? $"{result.Option.Name} {value.Value}: expected {expected}."
        : error.Message.ReplaceLineEndings(" ");

    static OptionResult? OptionOf(SymbolResult? result) => result as OptionResult ?? result?.Parent as OptionResult;

    static string? Expected(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(int) => "a whole number",
        var t when t == typeof(double) => "a number",
        { IsEnum: true } t => string.Join(" or ", Enum.GetNames(t).Select(name => name.ToLowerInvariant())),
        _ => null,
    };
}
