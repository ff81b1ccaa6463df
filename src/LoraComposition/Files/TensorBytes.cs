using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace LoraComposition.Files;

/// <summary>Reads the bytes of a tensor into memory of its own.</summary>
internal static class TensorBytes
{
    /// <summary>Reads one tensor, in another type piece by piece, so that besides the result hardly any memory is taken.</summary>
    /// <param name="handle">The open file.</param>
    /// <param name="info">Where the tensor lies and what it is.</param>
    /// <param name="dtype">The type of the result.</param>
    /// <param name="refusal">Makes the exception from a message and a cause.</param>
    /// <returns>The tensor on the CPU. The caller owns it.</returns>
    /// <exception cref="ModelFileException">The file ends before, or cannot be read.</exception>
    public static Tensor Read(SafeFileHandle handle, TensorInfo info, ScalarType dtype, Func<string, Exception?, ModelFileException> refusal)
    {
        var tensor = empty([.. info.Shape], dtype);
        try
        {
            ReadInto(tensor, handle, info, refusal);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Reads one tensor into memory that is there.</summary>
    /// <param name="tensor">As many numbers, contiguous on the CPU. It stays the caller's.</param>
    /// <param name="handle">The open file.</param>
    /// <param name="info">Where the tensor lies and what it is.</param>
    /// <param name="refusal">Makes the exception from a message and a cause.</param>
    /// <exception cref="ModelFileException">The file ends before, or cannot be read.</exception>
    public static void ReadInto(Tensor tensor, SafeFileHandle handle, TensorInfo info, Func<string, Exception?, ModelFileException> refusal)
    {
        // The bytes of a tensor are exposed as a span, which cannot be longer than 2 GiB; pieces to convert stay small.
        bool isSame = info.Dtype == tensor.dtype;
        int most = isSame ? 1 << 26 : 1 << 16;
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var flat = tensor.view(-1);
        int size = SafetensorsDtype.Size(info.Dtype);
        long count = info.ByteLength / size;
        var piece = isSame ? null : empty(Math.Min(most, count), info.Dtype);
        for (long start = 0; start < count; start += most)
        {
            using var part = flat.narrow(0, start, Math.Min(most, count - start));
            using var read = piece?.narrow(0, 0, part.numel());
            RegularFile.ReadExactly(handle, (read ?? part).bytes, info.Offset + start * size, refusal);
            if (read is not null) part.copy_(read);
        }
    }
}
