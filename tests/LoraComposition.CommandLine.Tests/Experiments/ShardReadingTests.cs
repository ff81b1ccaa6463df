using LoraComposition.Experiments;

namespace LoraComposition.CommandLine.Tests.Experiments;

public class ShardReadingTests
{
    [Theory]
    [InlineData("1/1", 1, 1)]
    [InlineData("2/8", 2, 8)]
    [InlineData("8/8", 8, 8)]
    public void ReadsTheOption(string text, int number, int count) => ShardReading.Read(text, _ => null).Should().Be(new WorkShard(number, count));

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("0/4")]
    [InlineData("5/4")]
    [InlineData("-1/4")]
    [InlineData("1/0")]
    [InlineData("1/2/3")]
    [InlineData("a/b")]
    public void RefusesWhatIsNoPart(string text) =>
        FluentActions.Invoking(() => ShardReading.Read(text, _ => null)).Should().Throw<UsageException>().WithMessage("--shard*expected i/n*");

    [Theory]
    [InlineData("0", null, "4", 1, 4)]
    [InlineData("3", "0", "4", 4, 4)]
    [InlineData("1", "1", "4", 1, 4)]
    [InlineData("4", "1", "4", 4, 4)]
    public void ATaskOfASlurmArrayIsAShard(string id, string? first, string tasks, int number, int count)
    {
        var environment = Environment(("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_MIN", first), ("SLURM_ARRAY_TASK_COUNT", tasks));

        ShardReading.Read(null, environment).Should().Be(new WorkShard(number, count));
        ShardReading.Read("1/1", environment).Should().Be(WorkShard.Whole, "the command line comes first");
    }

    [Fact]
    public void APodOfAnIndexedJobIsAShard() =>
        ShardReading.Read(null, Environment(("JOB_COMPLETION_INDEX", "2"), ("JOB_COMPLETIONS", "3"))).Should().Be(new WorkShard(3, 3));

    [Fact]
    public void WithoutAJobEverythingIsDone() => ShardReading.Read(null, _ => null).Should().Be(WorkShard.Whole);

    [Theory]
    [InlineData("SLURM_ARRAY_TASK_ID", "3", "SLURM_ARRAY_TASK_COUNT")]
    [InlineData("JOB_COMPLETION_INDEX", "3", "JOB_COMPLETIONS")]
    public void NamesTheMissingVariable(string name, string value, string missing) =>
        FluentActions.Invoking(() => ShardReading.Read(null, Environment((name, value)))).Should().Throw<UsageException>().WithMessage($"*{missing}*");

    [Theory]
    [InlineData("5", "4")]
    [InlineData("x", "4")]
    [InlineData("0", "x")]
    public void RefusesATaskThatIsNone(string id, string tasks) =>
        FluentActions.Invoking(() => ShardReading.Read(null, Environment(("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_COUNT", tasks)))).Should().Throw<UsageException>().WithMessage("*--shard i/n*");

    static Func<string, string?> Environment(params (string Name, string? Value)[] variables) => name => variables.FirstOrDefault(v => v.Name == name).Value;
}
