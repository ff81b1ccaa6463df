namespace LoraComposition.Experiments.Tests.Results;

public class RunKeyTests
{
    [Theory]
    [InlineData("learned", 5, 1, "learned-k005-seed1.json")]
    [InlineData("learned", null, 0, "learned-kall-seed0.json")]
    [InlineData("classifier-tuning", 1000, -3, "classifier-tuning-k1000-seed-3.json")]
    [InlineData("uniform", 0, 12, "uniform-k000-seed12.json")]
    public void A_file_is_named_by_method_shots_and_seed(string method, int? shots, int seed, string expected) =>
        new RunKey("demo", method, shots, seed).FileName.Should().Be(expected);

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("..\\..\\windows")]
    [InlineData("/absolute")]
    [InlineData("C:evil")]
    [InlineData("..")]
    [InlineData("a\0b")]
    [InlineData("ünïcode/…")]
    public void No_name_leaves_the_folder(string method)
    {
        string name = new RunKey("../demo", method, 1, 0).FileName;

        name.Should().MatchRegex("^[a-z0-9-]+-k001-seed0\\.json$");
        Path.GetFullPath(Path.Combine("/results", name)).Should().Be(Path.GetFullPath($"/results/{name}"));
    }

    [Fact]
    public void Methods_that_look_alike_get_files_of_their_own()
    {
        string[] methods = ["lora", "LoRA", "lora ", "lo/ra", "lo:ra", "lo-ra", new string('x', 100), new string('x', 101)];

        var names = methods.Select(m => new RunKey("demo", m, 1, 0).FileName).ToList();

        names.Select(n => n.ToUpperInvariant()).Should().OnlyHaveUniqueItems();
        names.Should().OnlyContain(n => n.Length < 100);
    }

    [Fact]
    public void What_cannot_be_a_run_is_refused()
    {
        FluentActions.Invoking(() => new RunKey(" ", "learned", 1, 0)).Should().Throw<ArgumentException>().WithParameterName("Experiment");
        FluentActions.Invoking(() => new RunKey("demo", "", 1, 0)).Should().Throw<ArgumentException>().WithParameterName("Method");
        FluentActions.Invoking(() => new RunKey("demo", "learned", -1, 0)).Should().Throw<ArgumentException>().WithParameterName("Shots");
    }
}
