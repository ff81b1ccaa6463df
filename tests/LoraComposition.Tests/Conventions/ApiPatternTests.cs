using LoraComposition.Tests.Conventions.BadSamples;

namespace LoraComposition.Tests.Conventions;

public class ApiPatternTests
{
    static IEnumerable<Type> Library => PublicMembers.Types(typeof(LoraAdapter).Assembly);

    [Fact]
    public void Bad_options_are_found() => ApiPatterns.Options([typeof(MutableOptions), typeof(DemandingOptions)]).Should().Equal(
        $"{typeof(MutableOptions)}: no sealed record", $"{typeof(MutableOptions)}: Size can be changed", $"{typeof(MutableOptions)}: no Validate", $"{typeof(DemandingOptions)}: cannot be made without settings");

    [Fact]
    public void A_stray_exception_is_found() => ApiPatterns.Exceptions([typeof(StrayException), typeof(AdapterException)]).Should().ContainSingle().Which.Should().StartWith(typeof(StrayException).FullName);

    [Fact]
    public void Bad_long_operations_are_found() => ApiPatterns.LongOperations([typeof(LongWork)]).Select(line => line[(line.LastIndexOf("Work.", StringComparison.Ordinal) + 5)..line.IndexOf('(', StringComparison.Ordinal)]).Should().Equal("Demanding", "Misplaced", "Misnamed");

    [Fact]
    public void Options_follow_one_pattern() => string.Join("\n", ApiPatterns.Options(Library)).Should().BeEmpty();

    [Fact]
    public void Exceptions_have_one_root() => string.Join("\n", ApiPatterns.Exceptions(Library)).Should().BeEmpty();

    [Fact]
    public void Long_operations_follow_one_pattern() => string.Join("\n", ApiPatterns.LongOperations(Library)).Should().BeEmpty();
}
