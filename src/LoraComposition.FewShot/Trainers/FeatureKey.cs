using System.Globalization;
using System.Runtime.Intrinsics.X86;
using LoraComposition.Models;
using TorchSharp;

namespace LoraComposition.FewShot;

/// <summary>
/// Everything that decides the features of a picture but the picture itself, in one hash. Processors, numbers of threads and versions round otherwise, so they
/// belong to it: what is read is what would have been computed, to the bit.
/// </summary>
static class FeatureKey
{
    const string Format = "features 1";

    /// <summary>The key; null for a starting point that does not say what it holds.</summary>
    public static string? Of(ImageBaseModel baseModel, StartingPoint start, ModuleContents modules, int batchSize, PictureView view)
    {
        if (start.Contents(modules) is not { } contents) return null;
        using var hash = new ContentFingerprint();
        hash.Add(Format);
        // A compiled assembly's own id: any change of the code makes another one.
        foreach (var type in (Type[])[typeof(VisionTransformer), typeof(FeatureKey), typeof(torch)]) hash.Add(type.Module.ModuleVersionId.ToString());
        hash.Add(torch.__version__).Add(Processor(baseModel)).Add(torch.get_num_threads());
        hash.Add(baseModel.Fingerprint).Add(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(baseModel.Folder, "config.json")))));
        hash.Add(baseModel.Dtype.ToString()).Add(baseModel.Preprocessing.ToJson()).Add(contents).Add(batchSize);
        return hash.Add(view.Mirrored ? 1 : 0).Add(view.Down).Add(view.Right).ToHex();
    }

    // The cards of other machines are not known here.
    static string Processor(ImageBaseModel baseModel)
    {
        string device = ComputeDevice.Describe(baseModel.Device);
        if (baseModel.Device.type != DeviceType.CPU) return $"{device} {Environment.MachineName} {baseModel.Device.index}";
        return X86Base.IsSupported ? string.Create(CultureInfo.InvariantCulture, $"{device} {X86Base.CpuId(0, 0)} {X86Base.CpuId(1, 0).Eax:X} {X86Base.CpuId(7, 0)}")
            : $"{device} {System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture} {Environment.MachineName}";
    }
}
