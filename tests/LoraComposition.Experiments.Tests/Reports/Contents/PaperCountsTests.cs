using LoraComposition.Experiments.Tests.Results;

namespace LoraComposition.Experiments.Tests.Reports.Contents;

public sealed class PaperCountsTests
{
    [Fact]
    public void OnTheVitOfThePaperEachCountStandsBesideThePrintedOne()
    {
        var counts = Of(("classifier", 0), ("full", 87_455_232), ("lora", 884_736), ("learned", 108));

        counts.Select(count => (count.Method, count.Text, count.Printed)).Should().Equal(("full", "87,455,232", "86M"), ("lora", "884,736", "0.88M"), ("learned", "108", "108"));
        counts.Select(count => count.Remark).Should().Equal("The paper rounds the body of ViT-B; this count is that of ViT-B/32.", "Agrees.", "Agrees: 36 layers with 3 modules.");
    }

    [Fact]
    public void TheCountOfWeightsIsSaidForAnotherNumberOfModules() =>
        Of(("lora", 884_736), ("learned", 36 * 9))[^1].Remark.Should().Be("The paper prints 108 for every number of modules; that is right for 3 only. Here there are 9.");

    [Theory]
    [InlineData(4_718_592, "A lost decimal point: 4.71M is the LoRA on query and value.")]
    [InlineData(7_077_888, "A lost decimal point: 4.71M is the LoRA on query and value; here it is on query, key and value.")]
    public void OnTheT5OfThePaperToo(long lora, string remark)
    {
        var counts = Of(("full", 783_150_080), ("lora", lora), ("learned", 300));

        counts.Select(count => (count.Method, count.Printed)).Should().Equal(("full", "787M"), ("lora", "471M"), ("learned", "1.6K"));
        counts[1].Remark.Should().Be(remark);
    }

    [Fact]
    public void InAnotherSettingNothingIsCompared()
    {
        Of(("full", 1234), ("lora", 384), ("learned", 108)).Should().BeEmpty();
        Of(("lora", 884_736), ("learned", 107), ("uniform", 0)).Select(count => count.Method).Should().Equal("lora");
    }

    static IReadOnlyList<PaperCounts> Of(params (string Method, long Parameters)[] methods) =>
        PaperCounts.Of(Summary.Of([.. methods.SelectMany(method => ResultOf.Runs(method.Method, 1, method.Parameters, 0.5, 0.6))], [.. methods.Select(method => method.Method)]));
}
