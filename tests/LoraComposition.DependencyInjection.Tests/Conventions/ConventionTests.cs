using LoraComposition.Tests.Conventions;

namespace LoraComposition.DependencyInjection.Tests.Conventions;

/// <summary>The rules of the library's conventions on this assembly, but for that of options: what a delegate configures can be changed, as .NET's services do it.</summary>
public class ConventionTests
{
    static readonly Type[] types = [.. PublicMembers.Types(typeof(LoraCompositionServices).Assembly)];

    static readonly DocumentationRules documentation = new(DocumentationFile.Of(typeof(LoraCompositionServices).Assembly), types);

    [Fact]
    public void Every_public_member_is_documented() => string.Join("\n", documentation.Undocumented()).Should().BeEmpty();

    [Fact]
    public void Exceptions_have_tags() => string.Join("\n", documentation.WithoutException()).Should().BeEmpty();

    [Fact]
    public void Classes_say_whether_threads_may_share_them() => string.Join("\n", documentation.WithoutThreadSafety()).Should().BeEmpty();

    [Fact]
    public void Nothing_depends_on_the_culture() => CultureUse.In(typeof(LoraCompositionServices).Assembly.GetTypes()).Should().BeEmpty();

    [Fact]
    public void Nothing_can_write_to_the_console() => ConsoleUse.In(typeof(LoraCompositionServices).Assembly).Should().BeEmpty();
}
