using System.Runtime.CompilerServices;

/// <summary>Test programs, and what they start, keep features in a folder of their own, which is gone afterwards.</summary>
static class OwnFeatureCache
{
#pragma warning disable CA2255 // a test program: nothing else runs before its tests
    [ModuleInitializer]
    internal static void Set()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"features-{Environment.ProcessId}");
        Environment.SetEnvironmentVariable("LORA_COMPOSITION_FEATURES", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        };
    }
#pragma warning restore CA2255
}
