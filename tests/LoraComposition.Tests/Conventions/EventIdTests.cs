using Microsoft.Extensions.Logging;

namespace LoraComposition.Tests.Conventions;

public partial class EventIdTests
{
    [Fact]
    public void Log_messages_have_ids_of_their_own()
    {
        EventIds.Messages(typeof(LoraAdapter).Assembly).Should().NotBeEmpty();
        EventIds.Problems(typeof(LoraAdapter).Assembly, 100, 999).Should().BeEmpty();
    }

    /// <summary>This assembly holds the three messages just below.</summary>
    [Fact]
    public void Missing_and_shared_ids_are_found() => EventIds.Problems(typeof(EventIdTests).Assembly, 1, 9).Should().Equal(
        "Messages.Nameless: event id -1 is not from 1 to 9", "event id 7: Messages.One, Messages.Two");

    static partial class Messages
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "never logged")]
        public static partial void Nameless(ILogger logger);

#pragma warning disable SYSLIB1006 // Two messages with one id, as two files of a library could have them.
        [LoggerMessage(EventId = 7, Level = LogLevel.Debug, Message = "never logged")]
        public static partial void One(ILogger logger);

        [LoggerMessage(EventId = 7, Level = LogLevel.Debug, Message = "never logged")]
        public static partial void Two(ILogger logger);
#pragma warning restore SYSLIB1006
    }
}
