using System.Collections;

namespace LoraComposition;

/// <summary>Adapters that are disposed together.</summary>
/// <remarks>Owns its adapters. Safe to read from several threads, not while being disposed.</remarks>
public sealed class AdapterCollection : IReadOnlyList<LoraAdapter>, IDisposable
{
    readonly LoraAdapter[] adapters;
    bool disposed;

    /// <summary>Takes over adapters.</summary>
    /// <param name="adapters">The adapters, in the order in which they are kept. Owned by the new object.</param>
    /// <exception cref="ArgumentException">One of them is null.</exception>
    public AdapterCollection(params IEnumerable<LoraAdapter> adapters)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        this.adapters = [.. adapters];
        if (this.adapters.Contains(null)) throw new ArgumentException("One of the adapters is null.", nameof(adapters));
    }

    /// <summary>The number of adapters.</summary>
    public int Count => adapters.Length;

    /// <summary>One adapter. Owned by this object.</summary>
    /// <param name="index">Its place, from 0 on.</param>
    /// <exception cref="ObjectDisposedException">The collection was disposed.</exception>
    /// <exception cref="IndexOutOfRangeException">There are not as many.</exception>
    public LoraAdapter this[int index] => Alive[index];

    /// <summary>Goes through the adapters in their order.</summary>
    /// <returns>The adapters one after the other; they stay owned by this object.</returns>
    /// <exception cref="ObjectDisposedException">The collection was disposed.</exception>
    public IEnumerator<LoraAdapter> GetEnumerator() => ((IEnumerable<LoraAdapter>)Alive).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Disposes every adapter.</summary>
    public void Dispose()
    {
        disposed = true;
        foreach (var adapter in adapters) adapter.Dispose();
    }

    LoraAdapter[] Alive => disposed
        ? throw new ObjectDisposedException($"{nameof(AdapterCollection)} of {string.Join(", ", adapters.Select(adapter => $"'{adapter.Name}'"))}")
        : adapters;
}
