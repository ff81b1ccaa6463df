using System.Globalization;

namespace LoraComposition.FewShot;

/// <summary>A length of time as a reader needs it: its two largest units.</summary>
public static class Duration
{
    /// <summary>Writes a length of time, for example <c>2 min 10 s</c>.</summary>
    /// <param name="time">The time.</param>
    /// <returns>The text.</returns>
    public static string Text(TimeSpan time)
    {
        // Rounded first, so that 59.7 s is 1 min 0 s and never 60 s.
        long seconds = (long)Math.Round(time.TotalSeconds);
        return seconds switch
        {
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds} s"),
            < 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min {seconds % 60} s"),
            < 86400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600} h {seconds % 3600 / 60} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400} d {seconds % 86400 / 3600} h"),
        };
    }
}
