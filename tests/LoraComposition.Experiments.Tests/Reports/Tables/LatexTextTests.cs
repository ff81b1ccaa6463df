namespace LoraComposition.Experiments.Tests.Reports.Tables;

public sealed class LatexTextTests
{
    [Theory]
    [InlineData(@"C:\runs", @"C:\textbackslash{}runs")]
    [InlineData("{a_1} #2 $3 4% &", @"\{a\_1\} \#2 \$3 4\% \&")]
    [InlineData("~x^2", @"\textasciitilde{}x\textasciicircum{}2")]
    [InlineData("a<b>c|d", @"a\textless{}b\textgreater{}c\textbar{}d")]
    [InlineData("\"a\" `b' ", @"\char34{}a\char34{} \char96{}b\char39{} ")]
    [InlineData("1 ± 2 – 3 … → |Θ|", @"1 $\pm$ 2 -- 3 \ldots{} $\rightarrow$ $|\Theta|$")]
    [InlineData("--shard ---", "-{}-shard -{}-{}-")]
    [InlineData("a\tb\nc", "a b c")]
    public void EveryCharacterThatMeansSomethingIsWrittenOut(string text, string latex) => LatexText.Escape(text).Should().Be(latex);
}
