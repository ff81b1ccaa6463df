using System.Xml.Linq;
using LoraComposition.Tests.Conventions.BadSamples;

namespace LoraComposition.Tests.Conventions;

public class DocumentationTests
{
    const string Sample = "LoraComposition.Tests.Conventions.BadSamples.BadlyDocumented", Tensor = "TorchSharp.torch.Tensor";

    static readonly DocumentationRules library = Rules(typeof(LoraAdapter));

    static readonly DocumentationRules bad = new(new DocumentationFile(XDocument.Parse($"""
        <doc><members>
          <member name="T:{Sample}"><summary>Something.</summary></member>
          <member name="P:{Sample}.Weight"><summary>The weight.</summary></member>
          <member name="M:{Sample}.Forward({Tensor})"><summary>Computes (in [brackets]).</summary><param name="input">The <c>input</c>.</param></member>
          <member name="M:{Sample}.Check(System.Int32)"><exception cref="T:System.IO.IOException">Never.</exception></member>
        </members></doc>
        """)), [typeof(BadlyDocumented)]);

    static readonly DocumentationRules good = new(new DocumentationFile(XDocument.Parse($"""
        <doc><members>
          <member name="T:{Sample}"><summary>Something.</summary><remarks>Not thread-safe.</remarks></member>
          <member name="P:{Sample}.Weight"><summary>The weight, <c>[out, in]</c>. Owned by this object.</summary></member>
          <member name="M:{Sample}.Forward({Tensor})"><summary>Computes.</summary><param name="input"><c>[…, in]</c>.</param><returns><c>[…, out]</c>. The caller owns it.</returns></member>
          <member name="M:{Sample}.Check(System.Int32)"><summary>Checks.</summary><param name="size">The size.</param><exception cref="T:System.ArgumentException">0.</exception><exception cref="T:System.InvalidOperationException">1.</exception></member>
          <member name="M:{Sample}.Stop(System.Threading.CancellationToken)"><summary>Stops.</summary><param name="cancellation">Stops.</param><exception cref="T:System.OperationCanceledException">It was cancelled.</exception></member>
        </members></doc>
        """)), [typeof(BadlyDocumented)]);

    [Fact]
    public void Missing_text_is_found() => bad.Undocumented().Should().Equal(
        $"{Sample}.Forward({Tensor}): no line on the result", $"{Sample}.Check(System.Int32): no summary", $"{Sample}.Check(System.Int32): no line on size",
        $"{Sample}.Stop(System.Threading.CancellationToken): no summary", $"{Sample}.Stop(System.Threading.CancellationToken): no line on cancellation");

    [Fact]
    public void Missing_shapes_are_found() =>
        bad.WithoutShape().Should().Equal($"{Sample}.Forward({Tensor}): no shape of input", $"{Sample}.Forward({Tensor}): no shape of the result", $"{Sample}.Weight: no shape of the property");

    [Fact]
    public void Missing_owners_are_found() => bad.WithoutOwner().Should().Equal($"{Sample}.Forward({Tensor}): does not say who owns the result", $"{Sample}.Weight: does not say who owns the property");

    [Fact]
    public void Missing_exceptions_are_found() => bad.WithoutException().Should().BeEquivalentTo(
        $"{Sample}.Check(System.Int32): no tag for ArgumentException", $"{Sample}.Check(System.Int32): no tag for InvalidOperationException",
        $"{Sample}.Stop(System.Threading.CancellationToken): no tag for OperationCanceledException");

    [Fact]
    public void Missing_words_on_threads_are_found() => bad.WithoutThreadSafety().Should().Equal($"{Sample}: nothing about threads");

    [Fact]
    public void Good_text_passes()
    {
        good.Undocumented().Should().BeEmpty();
        good.WithoutShape().Should().BeEmpty();
        good.WithoutOwner().Should().BeEmpty();
        good.WithoutException().Should().BeEmpty();
        good.WithoutThreadSafety().Should().BeEmpty();
    }

    [Fact]
    public void Every_public_member_is_documented() => string.Join("\n", library.Undocumented()).Should().BeEmpty();

    [Fact]
    public void Tensors_have_shapes() => string.Join("\n", library.WithoutShape()).Should().BeEmpty();

    [Fact]
    public void Results_have_owners() => string.Join("\n", library.WithoutOwner()).Should().BeEmpty();

    [Fact]
    public void Exceptions_have_tags() => string.Join("\n", library.WithoutException()).Should().BeEmpty();

    [Fact]
    public void Classes_say_whether_threads_may_share_them() => string.Join("\n", library.WithoutThreadSafety()).Should().BeEmpty();

    internal static DocumentationRules Rules(Type any) => new(DocumentationFile.Of(any.Assembly), [.. PublicMembers.Types(any.Assembly)]);
}
