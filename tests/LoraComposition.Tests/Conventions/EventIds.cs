using System.Reflection;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Tests.Conventions;

/// <summary>The event ids of log messages: filters and alerts of an application name them, so each is given by hand, small, and an assembly's alone.</summary>
static class EventIds
{
    /// <summary>What is wrong, a line each: a message without an id, one outside the assembly's range, an id that two messages share.</summary>
    public static IEnumerable<string> Problems(Assembly assembly, int first, int last)
    {
        (string Name, int Id)[] messages = [.. Messages(assembly)];
        return [
            .. messages.Where(message => message.Id < first || message.Id > last).Select(message => $"{message.Name}: event id {message.Id} is not from {first} to {last}"),
            .. messages.GroupBy(message => message.Id).Where(same => same.Count() > 1).Select(same => $"event id {same.Key}: {string.Join(", ", same.Select(message => message.Name))}")];
    }

    public static IEnumerable<(string Name, int Id)> Messages(Assembly assembly) =>
        from type in assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let message = method.GetCustomAttribute<LoggerMessageAttribute>()
        where message is not null
        orderby message.EventId, method.Name
        select ($"{type.Name}.{method.Name}", message.EventId);
}
