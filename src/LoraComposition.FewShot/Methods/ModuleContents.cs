using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>What modules hold, as hashes: of every layer's path, scaling and factors, whatever the module is called and wherever it comes from.</summary>
/// <remarks>Computed when first asked for; the modules must not change. Not thread-safe.</remarks>
sealed class ModuleContents(IReadOnlyList<LoraAdapter> modules)
{
    readonly string?[] hashes = new string?[modules.Count];

    /// <summary>One module's hash, 64 hexadecimal digits.</summary>
    public string Of(int module) => hashes[module] ??= Hash(modules[module]);

    /// <summary>The hashes of all modules, in their order.</summary>
    public string All => string.Join(' ', Enumerable.Range(0, modules.Count).Select(Of));

    static string Hash(LoraAdapter module)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var noGrad = no_grad();
        foreach (var (path, delta) in module.Layers)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{path}\n{delta.Scaling:R}\n")));
            foreach (var factor in (Tensor[])[delta.A, delta.B])
            {
                using var scope = NewDisposeScope();
                hash.AppendData(Encoding.ASCII.GetBytes($"{factor.dtype} {string.Join(' ', factor.shape)}\n"));
                hash.AppendData(factor.detach().cpu().contiguous().bytes);
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
