namespace LoraComposition.Experiments.Tests.Data.Formats;

public class ThriftCheckTests
{
    // Type 0, unpacks to 10 bytes, packed 5 bytes: fields 1 to 3 of kind Int32, numbers in zigzag, then the end.
    static readonly byte[] PageHeader = [0x15, 0x00, 0x15, 0x14, 0x15, 0x0A, 0x00];

    [Fact]
    public void ReadsTheIntegersAndStopsBehindTheStruct()
    {
        var check = new ThriftCheck([.. PageHeader, 0xFF]);

        check.Struct(ThriftShape.PageHeader);

        check.Position.Should().Be(PageHeader.Length);
        check.Integers.Should().BeEquivalentTo(new Dictionary<int, long> { [1] = 0, [2] = 10, [3] = 5 });
    }

    [Theory]
    [InlineData("*cut short*", 0x15, 0x00, 0x15)]
    [InlineData("*cut short*", 0x15, 0x00)]
    [InlineData("*field 1*kind Bytes*", 0x18, 0x01, 0x41, 0x00)]
    [InlineData("*cut short*", 0x98, 0x7F, 0x00)]
    [InlineData("*more than the file has bytes*", 0x99, 0xF5, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00)]
    [InlineData("*too many digits*", 0x15, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x00)]
    [InlineData("*field 1*twice*", 0x15, 0x00, 0x05, 0x02, 0x00, 0x00)]
    [InlineData("*kind Map*", 0x9B, 0x00, 0x00)]
    public void RefusesWhatIsNotWhole(string message, params int[] bytes)
    {
        byte[] header = [.. bytes.Select(b => (byte)b)];

        FluentActions.Invoking(() => new ThriftCheck(header).Struct(ThriftShape.PageHeader)).Should().Throw<InvalidDataException>().WithMessage(message);
    }

    [Fact]
    public void RefusesDeepNesting()
    {
        // Structs in the unknown field 15 of each other, never ended.
        byte[] nested = [.. Enumerable.Repeat((byte)0xFC, 1000)];

        FluentActions.Invoking(() => new ThriftCheck(nested).Struct(ThriftShape.PageHeader)).Should().Throw<InvalidDataException>().WithMessage("*too deeply*");
    }
}
