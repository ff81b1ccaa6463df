namespace LoraComposition.Tests.Conventions;

public class NamespaceOrderTests
{
    [Fact]
    public void A_use_against_the_order_is_found() =>
        new NamespaceOrder(typeof(NamespaceOrderTests).Namespace + ".BadSamples", "Ground", "Upper").Violations(Samples())
            .Should().ContainSingle().Which.Should().EndWith("Ground.UsesUpper uses LoraComposition.Tests.Conventions.BadSamples.Upper.Roof");

    [Fact]
    public void A_namespace_that_is_not_named_is_found() =>
        new NamespaceOrder(typeof(NamespaceOrderTests).Namespace + ".BadSamples", "Ground").Violations(Samples()).Should().Contain(line => line.Contains("not in the order"));

    /// <summary>The order that CONTRIBUTING.md gives.</summary>
    [Fact]
    public void The_library_keeps_its_order() =>
        new NamespaceOrder("LoraComposition", "Native", "Serialization", "Adapters", "Layers", "Composers", "Compression", "Models", "Attachments", "Analysis")
            .Violations(typeof(LoraAdapter).Assembly.GetTypes()).Should().BeEmpty();

    static IEnumerable<Type> Samples() => typeof(NamespaceOrderTests).Assembly.GetTypes().Where(type => type.Namespace?.Contains(".BadSamples.", StringComparison.Ordinal) ?? false);
}
