using LoraComposition.Experiments;
using LoraComposition.Experiments.Tests.Results;
using LoraComposition.FewShot;
using Spectre.Console;

namespace LoraComposition.CommandLine.Tests.Experiments;

public class SummaryTableTests
{
    static readonly Summary summary = Summary.Of(
        [
            .. ResultOf.Runs("lora", 1, 884736, 0.40, 0.42), .. ResultOf.Runs("lora", null, 884736, 0.9),
            .. ResultOf.Runs("learned|x", 1, 108, 0.5, 0.6), .. ResultOf.Runs("learned|x", 5, 108, 0.7, 0.7), .. ResultOf.Runs("learned|x", null, 108, 0.9),
        ],
        ["lora"]);

    [Fact]
    public void Redirected_output_is_the_same_plain_text_however_narrow() => Written(terminal: false, width: 20).Should().Be(SummaryMarkdown.Of(summary));

    [Fact]
    public void A_terminal_gets_a_table_with_the_best_in_bold()
    {
        const string bold = "\e[1m", normal = "\e[0m";

        string text = Written(terminal: true, width: 120);

        text.Should().Contain($"{bold}55.00 [0.00, 100.00]{normal}").And.Contain($"{bold}90.00{normal}").And.Contain(" 41.00 [28.29, 53.71] ").And.Contain("|Θ|").And.Contain("learned|x");
        text.Should().NotContain($"{bold}41.00").And.NotContain("**");
    }

    static string Written(bool terminal, int width)
    {
        var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new Output(writer, terminal, width),
        });
        SummaryTable.Write(console, summary);
        return writer.ToString();
    }

    sealed class Output(TextWriter writer, bool terminal, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => terminal;

        public int Width => width;

        public int Height => 40;

        public void SetEncoding(System.Text.Encoding encoding)
        {
        }
    }
}
