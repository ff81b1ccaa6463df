using System.Text.Json;

namespace LoraComposition.Experiments;

/// <summary>The end of an experiment's part: what it was run with, and how to run it again.</summary>
static class RepeatSection
{
    const int MostMethods = 10;

    // These tell the runs apart, and the tables name them.
    static readonly string[] keys = ["method", "shots", "seed"];

    public static Html Render(ReportExperiment experiment)
    {
        JsonElement[] all = [.. experiment.Runs.Select(r => r.Configuration)];
        return Html.Of($"""
            <h3>How it was run, and how to repeat it</h3>
            {Command(experiment.Command)}{Folded("The configuration that all runs share", Code(ConfigurationParts.Common(all)))}{Owns(experiment, all)}{Search(experiment)}{Folded("Versions", Pairs("What computed", "version", experiment.Runs.Select(r => r.Versions)))}{Folded("Fingerprints of the data and of the foundation", Pairs("What was read", "SHA-256", experiment.Runs.Select(r => r.Inputs)))}
            """);
    }

    static Html Command(string? command) => command switch
    {
        null or "" => Html.Of($"<p>The command was not kept; the configuration below has every setting.</p>\n"),
        _ => Html.Of($"<p>The command that repeats it:</p>\n{Code(command)}"),
    };

    // The subsets of the modules are many methods.
    static Html Owns(ReportExperiment experiment, JsonElement[] all)
    {
        var methods = experiment.Summary.Methods;
        var owns = Html.Each(methods, method => Own(experiment, method, all));
        return methods.Count > MostMethods ? Folded("The configuration of each method alone", owns) : owns;
    }

    static Html Own(ReportExperiment experiment, string method, JsonElement[] all)
    {
        JsonElement[] group = [.. experiment.Runs.Where(r => r.Key.Method == method).Select(r => r.Configuration)];
        return ConfigurationParts.Own(group, all, keys) is { } own ? Folded($"The configuration of {method} alone", Code(own)) : Html.Empty;
    }

    static Html Search(ReportExperiment experiment) => experiment.Search.Count == 0 ? Html.Empty
        : Folded("The search for the settings, on the validation part", TableHtml.Of("Every point of every method", experiment.Search[0],
        Html.Each(experiment.Search.Skip(1), line => TableHtml.Row(line[0], Html.Each(line.Skip(1), field => Html.Of($"<td>{field}</td>"))))));

    // Where the runs differ, every value that occurs.
    static Html Pairs(string caption, string header, IEnumerable<IReadOnlyDictionary<string, string>> all) =>
        TableHtml.OfPairs(caption, header, all.SelectMany(pairs => pairs).GroupBy(pair => pair.Key)
            .Select(g => (g.Key, string.Join(" / ", g.Select(pair => pair.Value).Distinct().Order(StringComparer.Ordinal)))));

    static Html Folded(string summary, Html content) => Html.Of($"<details><summary>{summary}</summary>\n{content}</details>\n");

    static Html Code(string text) => Html.Of($"<pre>{text}</pre>\n");
}
