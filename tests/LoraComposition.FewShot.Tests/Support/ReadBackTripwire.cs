using System.Runtime.InteropServices;
using TorchSharp;

namespace LoraComposition.FewShot.Tests.Support;

/// <summary>
/// While it lives, reading a number back from a tensor inside libtorch throws, as <c>clip_grad_norm_</c> and <c>ToScalar</c> do. On a GPU each of these
/// makes the host wait for the device; on the CPU, where the tests run, nothing else would show them. TorchSharp's own <c>item</c> takes the number from
/// memory there; ReadBackConventionTests is about that.
/// </summary>
/// <remarks>
/// It puts a kernel in the place of <c>aten::_local_scalar_dense</c>, through which every one of them goes, and takes it away again. That holds for the
/// whole process, so no other test may run beside it.
/// </remarks>
internal sealed unsafe class ReadBackTripwire : IDisposable
{
    static readonly nint libtorch = Load();
    static readonly delegate* unmanaged<nint, int> deleteTensor = (delegate* unmanaged<nint, int>)Export("aoti_torch_delete_tensor_object");

    readonly nint library;

    public ReadBackTripwire()
    {
        nint made;
        fixed (byte* name = "aten"u8, key = "CPU"u8, file = "ReadBackTripwire.cs"u8, operation = "_local_scalar_dense"u8)
        {
            Check(((delegate* unmanaged<byte*, byte*, byte*, uint, nint*, int>)Export("aoti_torch_library_init_impl"))(name, key, file, 0, &made));
            Check(((delegate* unmanaged<nint, byte*, delegate* unmanaged<ulong*, ulong, ulong, void>, int>)Export("aoti_torch_library_impl"))(made, operation, &Trip));
        }
        library = made;
    }

    public void Dispose() => Check(((delegate* unmanaged<nint, int>)Export("aoti_torch_delete_library_object"))(library));

    // The argument belongs to the kernel. It leaves no number, and libtorch throws where it would take one.
    [UnmanagedCallersOnly]
    static void Trip(ulong* stack, ulong arguments, ulong results)
    {
        deleteTensor((nint)stack[0]);
        stack[0] = 0;
    }

    static nint Load()
    {
        torch.zeros(1).Dispose();
        return NativeLibrary.Load("torch_cpu", typeof(torch).Assembly, null);
    }

    static nint Export(string name) => NativeLibrary.GetExport(libtorch, name);

    static void Check(int error)
    {
        if (error != 0) throw new InvalidOperationException("libtorch did not take the kernel.");
    }
}
