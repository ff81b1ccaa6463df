using System.Runtime.CompilerServices;
using LoraComposition;

static class LoadTorchBackend
{
#pragma warning disable CA2255 // a test program: nothing else runs before its tests
    [ModuleInitializer]
    internal static void Load() => TorchBackend.LoadFromEnvironment();
#pragma warning restore CA2255
}
