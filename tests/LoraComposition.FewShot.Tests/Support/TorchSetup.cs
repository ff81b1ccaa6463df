using System.Runtime.CompilerServices;
using TorchSharp;

namespace LoraComposition.FewShot.Tests.Support;

internal static class TorchSetup
{
    // Two threads on a busy machine can slow small operations thirty times; one is the fastest for tests of this size.
    [ModuleInitializer]
    internal static void Initialise() => torch.set_num_threads(1);
}
