using LoraComposition.Experiments;
using LoraComposition.Experiments.Tests.Results;
using Spectre.Console;

namespace LoraComposition.CommandLine.Tests;

public class ConsoleTableTests
{
    static readonly Summary summary = Summary.Of(
        [
            .. ResultOf.Runs("lora", 1, 884736, 0.40, 0.42), .. ResultOf.Runs("lora", null, 884736, 0.9),
            .. ResultOf.Runs("learned|x", 1, 108, 0.5, 0.6), .. ResultOf.Runs("learned|x", 5, 108, 0.7, 0.7), .. ResultOf.Runs("learned|x", null, 108, 0.9),
        ],
        ["lora"]);

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Without_a_terminal_that_knows_bold_it_is_aligned_plain_text_however_narrow(bool terminal, bool ansi) =>
        Written(ConsoleTable.Of(SummaryGrid.Of(summary)), terminal, ansi, width: 20).Should().Be(
            """
            Method                    K = 1                  K = 5   K = all       |Θ|
            ---------  --------------------   --------------------   -------   -------
            lora       41.00 [28.29, 53.71]                      –     90.00*  884,736
            learned|x  55.00 [0.00, 100.00]*  70.00 [70.00, 70.00]*    90.00*      108
            * the highest of its column

            """.ReplaceLineEndings("\n"));

    [Fact]
    public void A_terminal_gets_a_table_with_the_best_in_bold()
    {
        const string bold = "\e[1m", normal = "\e[0m";

        string text = Written(ConsoleTable.Of(SummaryGrid.Of(summary)), terminal: true, ansi: true, width: 120);

        text.Should().Contain($"{bold}55.00 [0.00, 100.00]{normal}").And.Contain($"{bold}90.00{normal}").And.Contain(" 41.00 [28.29, 53.71] ").And.Contain("|Θ|").And.Contain("learned|x");
        text.Should().NotContain($"{bold}41.00").And.NotContain("*");
    }

    [Fact]
    public void Texts_are_shown_as_they_are_and_wide_letters_are_counted()
    {
        var table = new ConsoleTable("Class", "of", "Images") { LeftColumns = 2 };
        table.AddRow("[red]猫", "a|b", "3");
        table.AddRow("e\u0301\nx", "c", "12");

        Written(table, terminal: false, ansi: false, width: 80).Should().Be("Class    of   Images\n-------  ---  ------\n[red]猫  a|b       3\ne\u0301 x      c        12\n");
        Written(table, terminal: true, ansi: true, width: 80).Should().Contain("[red]猫");
    }

    [Fact]
    public void A_row_has_a_cell_for_each_column() =>
        FluentActions.Invoking(() => new ConsoleTable("a", "b").AddRow("1")).Should().Throw<ArgumentException>().WithMessage("*2 columns, found 1*");

    static string Written(ConsoleTable table, bool terminal, bool ansi, int width)
    {
        var writer = new StringWriter();
        table.Write(AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new Output(writer, terminal, width),
        }));
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
