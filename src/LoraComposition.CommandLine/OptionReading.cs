using System.CommandLine;
using System.CommandLine.Parsing;

namespace LoraComposition.CommandLine;

/// <summary>Reads options whose numbers have limits.</summary>
public static class OptionReading
{
    /// <summary>The number given, which must not be too small.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    /// <param name="least">The smallest number that can be.</param>
    /// <returns>The number.</returns>
    /// <exception cref="UsageException">It is smaller.</exception>
    public static int AtLeast(ParseResult parsed, Option<int> option, int least)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(option);
        return Checked(option, parsed.GetValue(option), least);
    }

    /// <summary>The number given, which must not be too small, or null where none was.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    /// <param name="least">The smallest number that can be.</param>
    /// <returns>The number or null.</returns>
    /// <exception cref="UsageException">It is smaller.</exception>
    public static int? AtLeast(ParseResult parsed, Option<int?> option, int least)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(option);
        return parsed.GetValue(option) is { } value ? Checked(option, value, least) : null;
    }

    /// <summary>The number given, which must be finite and above 0, or null where none was.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    /// <returns>The number or null.</returns>
    /// <exception cref="UsageException">It is not.</exception>
    public static double? Positive(ParseResult parsed, Option<double?> option)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(option);
        return parsed.GetValue(option) is { } value ? Positive(option, value) : null;
    }

    /// <summary>The number given, which must be finite and above 0.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    /// <returns>The number.</returns>
    /// <exception cref="UsageException">It is not.</exception>
    public static double Positive(ParseResult parsed, Option<double> option)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(option);
        return Positive(option, parsed.GetValue(option));
    }

    /// <summary>The number given, which must be finite and not below 0, or null where none was.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    /// <returns>The number or null.</returns>
    /// <exception cref="UsageException">It is not.</exception>
    public static double? NotNegative(ParseResult parsed, Option<double?> option)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(option);
        return parsed.GetValue(option) is { } value ? NotNegative(option, value) : null;
    }

    /// <summary>The number given, which must be finite and not below 0.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    /// <returns>The number.</returns>
    /// <exception cref="UsageException">It is not.</exception>
    public static double NotNegative(ParseResult parsed, Option<double> option)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(option);
        return NotNegative(option, parsed.GetValue(option));
    }

    /// <summary>The part given, which must lie in [0, 1).</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    /// <returns>The part.</returns>
    /// <exception cref="UsageException">It does not.</exception>
    public static double PartBelowOne(ParseResult parsed, Option<double> option)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(option);
        double value = parsed.GetValue(option);
        return value is >= 0 and < 1 ? value : throw new UsageException(FormattableString.Invariant($"{option.Name} is {value}; it must lie in [0, 1)."));
    }

    /// <summary>The word given, which must be one of some.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="option">The option.</param>
    /// <param name="known">The words that can be.</param>
    /// <returns>The word.</returns>
    /// <exception cref="UsageException">It is none of them.</exception>
    public static string OneOf(ParseResult parsed, Option<string> option, params string[] known)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(option);
        ArgumentNullException.ThrowIfNull(known);
        return parsed.GetValue(option) is { } value && known.Contains(value) ? value
            : throw new UsageException($"{option.Name} {parsed.GetValue(option)}: it must be one of {string.Join(", ", known)}.");
    }

    static double Positive(Option option, double value) => value > 0 && double.IsFinite(value) ? value
        : throw new UsageException(FormattableString.Invariant($"{option.Name} is {value}; it must be positive."));

    static double NotNegative(Option option, double value) => value >= 0 && double.IsFinite(value) ? value
        : throw new UsageException(FormattableString.Invariant($"{option.Name} is {value}; it must be at least 0."));

    static int Checked(Option option, int value, int least) => value >= least ? value
        : throw new UsageException($"{option.Name} is {value}; it must be at least {least}.");
}
