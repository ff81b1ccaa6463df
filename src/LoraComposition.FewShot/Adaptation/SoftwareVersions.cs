using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace LoraComposition.FewShot;

/// <summary>What computes here, as results record it.</summary>
static class SoftwareVersions
{
    public static Dictionary<string, string> Current { get; } = new()
    {
        ["LoraComposition"] = typeof(LoraAdapter).Assembly.GetName().Version?.ToString(3) ?? "unknown",
        ["TorchSharp"] = typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "unknown",
        ["libtorch"] = torch.__version__,
        [".NET"] = Environment.Version.ToString(),
        ["system"] = RuntimeInformation.OSDescription,
        ["threads"] = torch.get_num_threads().ToString(CultureInfo.InvariantCulture),
    };
}
