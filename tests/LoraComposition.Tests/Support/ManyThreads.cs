using System.Collections.Concurrent;

namespace LoraComposition.Tests.Support;

/// <summary>Runs the same work in several threads at once.</summary>
static class ManyThreads
{
    const int Count = 8;

    /// <summary>Runs work in rounds. The threads begin each round together, so that what is made at first use is asked for by all of them at once.</summary>
    /// <param name="rounds">The number of rounds.</param>
    /// <param name="work">The work of a thread in a round.</param>
    /// <param name="collecting">Whether the garbage collector runs all the time.</param>
    public static void Run(int rounds, Action<int> work, bool collecting = false)
    {
        using var barrier = new Barrier(Count);
        var failures = new ConcurrentQueue<Exception>();
        var threads = Enumerable.Range(0, Count).Select(_ => new Thread(() =>
        {
            for (int round = 0; round < rounds; round++)
            {
                barrier.SignalAndWait();
                try
                {
                    work(round);
                }
                catch (Exception e)
                {
                    failures.Enqueue(e);
                }
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        while (collecting && threads.Any(thread => thread.IsAlive))
        {
            // What the threads just made is young; a whole collection would be rarer.
            GC.Collect(0);
            GC.WaitForPendingFinalizers();
        }
        foreach (var thread in threads) thread.Join();
        failures.Should().BeEmpty();
    }
}
