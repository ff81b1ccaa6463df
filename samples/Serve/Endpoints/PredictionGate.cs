namespace Serve;

/// <summary>
/// Lets as many requests compute at once as there are cores: more would not be faster, and each holds a decoded picture, which is far larger than its file.
/// </summary>
sealed class PredictionGate : IDisposable
{
    readonly SemaphoreSlim free = new(Places, Places);
    int waiting;

    public static int Places => Environment.ProcessorCount;

    /// <summary>The requests that wait for their turn.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>Runs the work when it is its turn.</summary>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await free.WaitAsync(cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
        try
        {
            // A turn that is given at once goes on in the server's own thread, which others need.
            return await Task.Run(work, cancellation);
        }
        finally
        {
            free.Release();
        }
    }

    public void Dispose() => free.Dispose();
}
