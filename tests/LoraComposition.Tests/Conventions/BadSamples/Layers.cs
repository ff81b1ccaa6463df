// What the test of the namespaces' order must find.
namespace LoraComposition.Tests.Conventions.BadSamples.Ground
{
    static class UsesUpper
    {
        public static Func<string> Lambda => () => Upper.Roof.Name;
    }
}

namespace LoraComposition.Tests.Conventions.BadSamples.Upper
{
    sealed class Roof
    {
        public static string Name => "roof";

        public Ground.GoodNeighbour? Below { get; init; }
    }
}

namespace LoraComposition.Tests.Conventions.BadSamples.Ground
{
    sealed class GoodNeighbour;
}
