using System.CommandLine;
using System.CommandLine.Parsing;

namespace LoraComposition.CommandLine;

/// <summary>Reads options with a lower limit.</summary>
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

    static int Checked(Option option, int value, int least) => value >= least ? value
        : throw new UsageException($"{option.Name} is {value}; it must be at least {least}.");
}
