using LoraComposition.Tests.Conventions;

namespace LoraComposition.FewShot.Tests.Conventions;

/// <summary>The rules of the library's conventions, whose own tests show that they can fail, on this assembly.</summary>
public class ConventionTests
{
    static readonly Type[] types = [.. PublicMembers.Types(typeof(IProgressReporter).Assembly)];

    static readonly DocumentationRules documentation = new(DocumentationFile.Of(typeof(IProgressReporter).Assembly), types);

    [Fact]
    public void Every_public_member_is_documented() => string.Join("\n", documentation.Undocumented()).Should().BeEmpty();

    [Fact]
    public void Tensors_have_shapes() => string.Join("\n", documentation.WithoutShape()).Should().BeEmpty();

    [Fact]
    public void Results_have_owners() => string.Join("\n", documentation.WithoutOwner()).Should().BeEmpty();

    [Fact]
    public void Exceptions_have_tags() => string.Join("\n", documentation.WithoutException()).Should().BeEmpty();

    [Fact]
    public void Classes_say_whether_threads_may_share_them() => string.Join("\n", documentation.WithoutThreadSafety()).Should().BeEmpty();

    [Fact]
    public void Options_follow_one_pattern() => string.Join("\n", ApiPatterns.Options(types)).Should().BeEmpty();

    [Fact]
    public void Exceptions_have_one_root() => string.Join("\n", ApiPatterns.Exceptions(types)).Should().BeEmpty();

    [Fact]
    public void Long_operations_follow_one_pattern() => string.Join("\n", ApiPatterns.LongOperations(types)).Should().BeEmpty();

    /// <summary>The order of classes and pictures decides which are drawn, and the fingerprint of the data.</summary>
    [Fact]
    public void Nothing_depends_on_the_culture() => CultureUse.In(typeof(IProgressReporter).Assembly.GetTypes()).Should().BeEmpty();

    [Fact]
    public void Nothing_can_write_to_the_console() => ConsoleUse.In(typeof(IProgressReporter).Assembly).Should().BeEmpty();

    [Fact]
    public void Log_messages_have_ids_of_their_own()
    {
        EventIds.Messages(typeof(IProgressReporter).Assembly).Should().NotBeEmpty();
        EventIds.Problems(typeof(IProgressReporter).Assembly, 1000, 1999).Should().BeEmpty();
    }
}
