using System.Reflection;
using System.Text.Json;

namespace LoraComposition.Tests.Conventions;

/// <summary>A trimmed program may use the library.</summary>
public class TrimmingTests
{
    [Fact]
    public void What_a_trimmed_program_loses_is_found() => ReflectionUse.In([typeof(Losing)]).Should().Equal($"{typeof(Losing)}.Text: JsonSerializer.Serialize");

    [Fact]
    public void The_library_uses_nothing_that_a_trimmed_program_loses() => ReflectionUse.In(typeof(LoraAdapter).Assembly.GetTypes()).Should().BeEmpty();

    [Fact]
    public void The_library_tells_the_trimmer_so() =>
        typeof(LoraAdapter).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Should().ContainSingle(entry => entry.Key == "IsTrimmable").Which.Value.Should().Be("True");

    /// <summary>So that everything the other tests save and load, they save and load as a trimmed program does.</summary>
    [Fact]
    public void These_tests_run_without_serialisation_by_reflection() => new Action(() => Losing.Text(new[] { 1 })).Should().Throw<InvalidOperationException>();

    static class Losing
    {
        public static string Text(object value) => JsonSerializer.Serialize(value);
    }
}
