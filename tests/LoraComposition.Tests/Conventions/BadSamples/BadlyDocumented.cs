using static TorchSharp.torch;

namespace LoraComposition.Tests.Conventions.BadSamples;

/// <summary>A class that breaks every rule of the documentation, and one that keeps them. Test projects write no documentation file, so the text stands in the test.</summary>
public class BadlyDocumented
{
    public Tensor Weight { get; set; } = null!;

    public Tensor Forward(Tensor input) => input;

    public void Check(int size)
    {
        if (size == 0) throw new ArgumentException("0");
        Helper(size);
    }

    public void Stop(CancellationToken cancellation) => cancellation.ThrowIfCancellationRequested();

    static void Helper(int size)
    {
        Func<Exception> late = () => new InvalidOperationException($"{size}");
        if (size == 1) throw late();
    }
}
