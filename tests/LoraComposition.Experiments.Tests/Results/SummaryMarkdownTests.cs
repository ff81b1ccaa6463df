using LoraComposition.Experiments;

namespace LoraComposition.Experiments.Tests.Results;

public class SummaryMarkdownTests
{
    static readonly Summary summary = Summary.Of(
        [
            .. ResultOf.Runs("lora", 1, 884736, 0.40, 0.42), .. ResultOf.Runs("lora", null, 884736, 0.9),
            .. ResultOf.Runs("learned|x", 1, 108, 0.5, 0.6), .. ResultOf.Runs("learned|x", 5, 108, 0.7, 0.7), .. ResultOf.Runs("learned|x", null, 108, 0.9),
        ],
        ["lora"]);

    const string Markdown =
        """
        | Method     |                    K = 1 |                    K = 5 |   K = all |   \|Θ\| |
        | ---------- | -----------------------: | -----------------------: | --------: | ------: |
        | lora       |     41.00 [28.29, 53.71] |                        – | **90.00** | 884,736 |
        | learned\|x | **55.00 [0.00, 100.00]** | **70.00 [70.00, 70.00]** | **90.00** |     108 |

        """;

    [Fact]
    public void Markdown_marks_the_best_of_each_column_ties_included() => SummaryMarkdown.Of(summary).Should().Be(Markdown.ReplaceLineEndings("\n"));
}
