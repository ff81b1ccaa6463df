using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace LoraComposition.FewShot;

/// <summary>What computes here, as results record it.</summary>
public static class SoftwareVersions
{
    /// <summary>The versions of this library, TorchSharp, libtorch and .NET, the system and the number of threads, by name.</summary>
    public static IReadOnlyDictionary<string, string> Current { get; } = new Dictionary<string, string>
    {
        ["LoraComposition"] = typeof(LoraAdapter).Assembly.GetName().Version?.ToString(3) ?? "unknown",
        ["TorchSharp"] = typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "unknown",
        ["libtorch"] = torch.__version__,
        [".NET"] = Environment.Version.ToString(),
        ["system"] = RuntimeInformation.OSDescription,
        ["threads"] = torch.get_num_threads().ToString(CultureInfo.InvariantCulture),
    };
}
