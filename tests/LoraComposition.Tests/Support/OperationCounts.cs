using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace LoraComposition.Tests.Support;

/// <summary>
/// Counts what libtorch does while it lives: every operation by its name, forward and backward, those that operations call themselves too. It is what a GPU gets
/// as kernels to start, so that a step that needs more of them shows without a GPU and without a clock.
/// </summary>
/// <remarks>It listens as torch's own profiler does, with a callback of libtorch for the whole process: no other test may run beside it.</remarks>
internal sealed unsafe class OperationCounts : IDisposable
{
    static readonly nint libtorch = Load();
    static readonly string[] exports = ["_ZNK2at14RecordFunction4nameEv", "_ZN2at17addGlobalCallbackENS_22RecordFunctionCallbackE", "_ZN2at14removeCallbackEm"];
    static readonly delegate* unmanaged<nint, byte*> nameOf = (delegate* unmanaged<nint, byte*>)Export(exports[0]);
    static readonly Lock guard = new();
    static readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);

    readonly ulong handle;

    public OperationCounts()
    {
        lock (guard) counts.Clear();
        var callback = new Callback { Start = (nint)(delegate* unmanaged<nint*, nint, nint>)&Start, End = 0, Sampling = 1 };
        (callback.Scopes[(int)Scope.Function], callback.Scopes[(int)Scope.BackwardFunction]) = (1, 1);
        handle = ((delegate* unmanaged<Callback, ulong>)Export(exports[1]))(callback);
    }

    /// <summary>Whether this system's libtorch can be listened to: the names and the layout of what is called are those of its 64-bit Linux builds.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && exports.All(name => NativeLibrary.TryGetExport(libtorch, name, out _));

    /// <summary>How often each operation ran so far, for example <c>aten::addmm</c>; those of the backward pass have their nodes' names too, for example
    /// <c>AddmmBackward0</c>.</summary>
    public IReadOnlyDictionary<string, int> ByName
    {
        get { lock (guard) return new Dictionary<string, int>(counts, StringComparer.Ordinal); }
    }

    /// <summary>How many operations ran that compute or copy; those that only look at memory in another shape, or only call others, are not counted.</summary>
    public int Kernels => ByName.Where(pair => pair.Key.StartsWith("aten::", StringComparison.Ordinal) && !wrappers.Contains(pair.Key[6..])).Sum(pair => pair.Value);

    public void Dispose() => ((delegate* unmanaged<ulong, void>)Export(exports[2]))(handle);

    // What starts no kernel of its own on a GPU: views, memory, and operations made of others.
    static readonly HashSet<string> wrappers = new(StringComparer.Ordinal)
    {
        "alias", "as_strided", "chunk", "clone", "contiguous", "detach", "detach_", "empty", "empty_like", "empty_strided", "expand", "expand_as", "flatten", "layer_norm",
        "linear", "matmul", "narrow", "new_empty", "new_empty_strided", "new_zeros", "permute", "reshape", "resize_", "resolve_conj", "resolve_neg",
        "result_type", "scaled_dot_product_attention", "select", "set_", "slice", "softmax", "split", "split_with_sizes", "squeeze", "t", "to", "_to_copy", "transpose",
        "transpose_", "unbind", "unflatten", "unsqueeze", "_unsafe_view", "view", "view_as", "zeros", "zeros_like", "cross_entropy_loss", "nll_loss", "log_softmax",
        "index_select_backward", "select_backward", "slice_backward", "value_selecting_reduction_backward", "conv2d", "convolution", "_convolution", "stack", "norm",
        "_reshape_alias", "lift_fresh", "dropout", "is_nonzero", "item", "ones", "ones_like", "full", "full_like", "type_as", "square",
    };

    [UnmanagedCallersOnly]
    static nint Start(nint* result, nint function)
    {
        // No context is kept: the unique_ptr that is returned holds nothing.
        *result = 0;
        string name = Marshal.PtrToStringUTF8((nint)nameOf(function)) ?? "";
        lock (guard) CollectionsMarshal.GetValueRefOrAddDefault(counts, name, out _)++;
        return (nint)result;
    }

    static nint Load()
    {
        torch.zeros(1).Dispose();
        return NativeLibrary.Load("torch_cpu", typeof(torch).Assembly, null);
    }

    static nint Export(string name) => NativeLibrary.TryGetExport(libtorch, name, out nint found) ? found : 0;

    /// <summary>at::RecordScope, as far as it is listened to.</summary>
    enum Scope
    {
        Function,
        BackwardFunction,
    }

    /// <summary>at::RecordFunctionCallback: what to call, how often, for which scopes. Behind the scopes three flags follow, all false here.</summary>
    struct Callback
    {
        public nint Start;
        public nint End;
        public double Sampling;
        public ScopeFlags Scopes;
    }

    [InlineArray(24)]
    struct ScopeFlags
    {
        byte first;
    }
}
