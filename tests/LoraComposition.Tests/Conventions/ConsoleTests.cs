namespace LoraComposition.Tests.Conventions;

public class ConsoleTests
{
    /// <summary>This assembly writes to the console, just below.</summary>
    [Fact]
    public void An_assembly_that_can_write_to_the_console_is_found() => ConsoleUse.In(typeof(ConsoleTests).Assembly).Should().Equal("System.Console");

    [Fact]
    public void The_library_cannot_write_to_the_console() => ConsoleUse.In(typeof(LoraAdapter).Assembly).Should().BeEmpty();

    internal static void Bad() => Console.WriteLine("never called");
}
