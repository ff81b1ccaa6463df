namespace LoraComposition.Tool.Tests.Variants;

/// <summary>What a run must leave behind where it refuses its input.</summary>
internal static class Outcome
{
    /// <summary>Runs the tool and checks that it ends in one line of error and leaves nothing behind in a folder.</summary>
    public static async Task RefusesInOneLineAsync(string says, string folder, params string[] arguments)
    {
        string[] before = Everything(folder);

        var (code, output, errors) = await CommandLine.RunAsync(arguments);

        code.Should().BeOneOf([1, 2], string.Join('\n', errors));
        // What is said of other inputs before is no part of the refusal.
        errors.Where(line => !line.StartsWith("warning: ", StringComparison.Ordinal)).Should().ContainSingle().Which.Should().Contain(says).And.NotContain("   at ").And.NotContain("Exception");
        output.Should().BeEmpty();
        Everything(folder).Should().Equal(before, "a refusal leaves nothing behind");
    }

    static string[] Everything(string folder) => [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
