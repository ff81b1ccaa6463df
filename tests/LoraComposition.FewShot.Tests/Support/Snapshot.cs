using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Support;

/// <summary>The bytes of tensors at one time, to compare them bit for bit.</summary>
internal static class Snapshot
{
    public static byte[] Of(Tensor tensor)
    {
        using var plain = tensor.detach().cpu().contiguous();
        return plain.bytes.ToArray();
    }

    public static Dictionary<string, byte[]> Of(IEnumerable<(string name, Parameter parameter)> parameters) => parameters.ToDictionary(p => p.name, p => Of(p.parameter));
}
