using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

public sealed class VisionTransformerHeadTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();
    readonly VisionTransformer model = VisionTransformer.Create(Small, seed: 1);

    static readonly VitConfig Small = new() { HiddenSize = 16, LayerCount = 2, HeadCount = 2, IntermediateSize = 24, ImageSize = 8, PatchSize = 4, ClassNames = ["a", "b", "c"] };

    public void Dispose()
    {
        model.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void A_saved_head_is_copied_onto_the_model()
    {
        using var head = new SavedHead(randn(3, 16), randn(3));
        using var kept = head.Weight.clone();
        model.eval();
        model.SetHead(head);
        model.Config.ClassNames.Should().Equal("a", "b", "c");
        model.Classifier!.weight!.ShouldBeIdentical(kept);
        model.Classifier.bias!.ShouldBeIdentical(head.Bias!);
        model.Classifier.training.Should().BeFalse();
        model.state_dict().Keys.Should().Contain("classifier.weight");
        head.Weight.zero_();
        model.Classifier.weight!.ShouldBeIdentical(kept, "the model has its own copy");
    }

    [Fact]
    public void Its_classes_are_named_or_numbered_and_its_bias_may_be_missing()
    {
        using var head = new SavedHead(randn(2, 16), null);
        model.SetHead(head);
        model.Config.ClassNames.Should().Equal("LABEL_0", "LABEL_1");
        model.Classifier!.bias!.count_nonzero().item<long>().Should().Be(0);
        model.SetHead(head, ["x", "y"]);
        model.Config.ClassNames.Should().Equal("x", "y");
        model.call(randn(1, 3, 8, 8)).shape.Should().Equal(1, 2);
    }

    [Fact]
    public void A_backbone_gets_a_head_and_with_it_the_place_of_a_head()
    {
        using var backbone = VisionTransformer.Create(Small with { ClassNames = [] }, seed: 1);
        backbone.Sites.Should().NotContain(site => site.Role == LinearRole.Head);
        using var head = new SavedHead(randn(2, 16), randn(2));
        backbone.SetHead(head);
        backbone.Sites.Should().HaveCount(13);
        backbone.Sites[^1].Layer.Should().BeSameAs(backbone.Classifier);
        var site = backbone.Sites[^1];
        backbone.ResetHead(["x"], 1);
        site.Layer.Should().BeSameAs(backbone.Classifier, "the place stays when the head changes");
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_changes_nothing()
    {
        var before = model.Classifier;
        using var wide = new SavedHead(randn(3, 17), null);
        model.Invoking(m => m.SetHead(wide)).Should().Throw<ArgumentException>().WithMessage("*[3, 17], expected [*, 16]*");
        using var head = new SavedHead(randn(3, 16), null);
        model.Invoking(m => m.SetHead(head, ["x"])).Should().Throw<ArgumentException>().WithMessage("1 class names*3 classes*");
        using (LoraTuning.Attach(model, roles: [LinearRole.Head]))
            model.Invoking(m => m.SetHead(head)).Should().Throw<InvalidOperationException>().WithMessage("*adapted already*");
        model.Classifier.Should().BeSameAs(before);
    }

    [Fact]
    public void A_model_with_an_adapted_head_is_not_saved()
    {
        using var folder = new TemporaryFolder();
        using var tuning = LoraTuning.Attach(model, roles: [LinearRole.Head]);
        tuning.Layers.Should().ContainSingle();
        model.Classifier!.weight!.requires_grad.Should().BeFalse();
        model.Invoking(m => m.Save(folder.Path)).Should().Throw<InvalidOperationException>().WithMessage("*attached*");
    }

    [Fact]
    public void The_head_is_adapted_only_where_it_is_asked_for()
    {
        using (var all = LoraTuning.Attach(model, roles: LoraTuning.AllRoles)) all.Layers.Should().HaveCount(12).And.NotContain(l => l.Site.Role == LinearRole.Head);
        using var tuning = LoraTuning.Attach(model);
        tuning.Layers.Should().HaveCount(6);
    }

    [Theory]
    [InlineData(new long[] { 3 }, new long[] { 3 })]
    [InlineData(new long[] { 3, 16 }, new long[] { 4 })]
    [InlineData(new long[] { 0, 16 }, new long[] { 0 })]
    public void A_head_is_a_matrix_and_a_vector(long[] weight, long[] bias) =>
        FluentActions.Invoking(() => new SavedHead(zeros(weight), zeros(bias))).Should().Throw<ArgumentException>().WithMessage("Expected a weight [classes, d]*");
}
