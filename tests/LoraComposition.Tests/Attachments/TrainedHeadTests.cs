using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>A head that is trained beside adapted layers: it is found, exported, written as PEFT writes it, and put back.</summary>
public sealed class TrainedHeadTests : IDisposable
{
    static readonly string[] names = ["ant", "bee", "\"ß\\"];

    readonly DisposeScope scope = NewDisposeScope();
    readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        folder.Dispose();
        scope.Dispose();
    }

    static VisionTransformer Model(ScalarType dtype = ScalarType.Float32) => VisionTransformer.Load(Fixture.Path("vit-hf"), new VitLoadOptions { ClassNames = names, HeadSeed = 3, Dtype = dtype });

    static Tensor Pixels() => Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];

    static void Train(VisionTransformer model, IEnumerable<TorchSharp.Modules.Parameter> parameters)
    {
        using var optimizer = optim.SGD(parameters, 0.1);
        var labels = zeros(Pixels().shape[0], dtype: ScalarType.Int64);
        nn.functional.cross_entropy(model.call(Pixels()), labels).backward();
        optimizer.step();
    }

    [Fact]
    public void It_trains_with_the_layers_and_is_frozen_as_before_afterwards()
    {
        using var model = Model();
        model.Classifier!.bias!.requires_grad = false;
        using var tuning = LoraTuning.Attach(model, trainHead: true);

        var all = tuning.TrainableParameters(includeHead: true);
        all.Should().Equal([.. tuning.TrainableParameters(), model.Classifier.weight!, model.Classifier.bias!]).And.OnlyContain(p => p.requires_grad);
        tuning.TrainableParameterCount.Should().Be(tuning.TrainableParameters().Sum(p => p.numel()), "the head is not counted");
        model.parameters().Count(p => p.requires_grad).Should().Be(all.Count);
        var before = model.Classifier.weight!.detach().clone();
        Train(model, all);
        model.Classifier.weight!.Distance(before).Should().BePositive();

        tuning.Detach();
        (model.Classifier.weight!.requires_grad, model.Classifier.bias!.requires_grad).Should().Be((true, false));
    }

    [Fact]
    public void A_head_that_is_given_while_attached_is_the_one_that_trains()
    {
        using var model = Model();
        using var tuning = LoraTuning.Attach(model, trainHead: true);
        model.ResetHead(["x", "y"], seed: 1);
        tuning.TrainableParameters(includeHead: true)[^2].shape.Should().Equal(2, 32);
        using var adapter = tuning.ToAdapter("a");
        adapter.Head!.ClassNames.Should().Equal("x", "y");
    }

    [Fact]
    public void Without_being_asked_for_it_stays_frozen_and_is_not_exported()
    {
        using var model = Model();
        using var tuning = LoraTuning.Attach(model);
        model.Classifier!.parameters().Should().OnlyContain(p => !p.requires_grad);
        tuning.Invoking(t => t.TrainableParameters(includeHead: true)).Should().Throw<InvalidOperationException>().WithMessage("*trainHead: true*");
        using var adapter = tuning.ToAdapter("a");
        adapter.Head.Should().BeNull();
    }

    [Fact]
    public void Through_files_to_a_fresh_model()
    {
        Tensor expected;
        using (var model = Model())
        using (var tuning = LoraTuning.Attach(model, new LoraOptions { Rank = 2 }, trainHead: true))
        {
            Train(model, tuning.TrainableParameters(includeHead: true));
            expected = model.call(Pixels()).detach();
            using var trained = tuning.ToAdapter("trained");
            trained.Head!.ClassNames.Should().Equal(names);
            trained.Save(folder.Path);
        }

        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Warnings.Should().BeEmpty();
        adapter.Head!.ClassNames.Should().Equal(names);
        using var fresh = Fixture.Vit();
        using (var again = LoraTuning.Continue(fresh, adapter, trainHead: true))
        {
            fresh.Config.ClassNames.Should().Equal(names);
            fresh.call(Pixels()).ShouldBeIdentical(expected);
            again.TrainableParameters(includeHead: true).Should().HaveCount(14).And.OnlyContain(p => p.requires_grad);
        }
        fresh.ResetHead(["x"], 1);
        fresh.SetHead(adapter.Head);
        fresh.Config.ClassNames.Should().Equal(names);
        using var copy = adapter.Head.Clone();
        copy.ClassNames.Should().Equal(names);
    }

    [Fact]
    public void Continuing_without_the_head_leaves_the_models_own()
    {
        using var model = Model();
        var before = model.Classifier!.weight!.detach().clone();
        using var adapter = Fixture.Adapter("vit-head");
        using (LoraTuning.Continue(model, adapter)) model.Classifier!.weight!.ShouldBeIdentical(before);
        using var own = Fixture.Adapter("vit-a");
        using var tuning = LoraTuning.Continue(model, own, trainHead: true);
        model.Classifier!.weight!.ShouldBeIdentical(before, "the adapter has none");
        model.Classifier.weight!.requires_grad.Should().BeTrue();
    }

    [Fact]
    public void The_file_is_as_peft_writes_it_but_for_the_class_names_and_the_base()
    {
        using var model = Fixture.Vit();
        using var adapter = Fixture.Adapter("vit-head");
        using (var tuning = LoraTuning.Continue(model, adapter, trainHead: true))
        using (var same = tuning.ToAdapter("same")) same.Save(folder.Path);

        using var written = SafetensorsFile.Open(folder.File("adapter_model.safetensors"));
        using var peft = SafetensorsFile.Open(Fixture.Path("peft", "vit-head", "adapter_model.safetensors"));
        written.Tensors.Keys.Should().BeEquivalentTo(peft.Tensors.Keys).And.Contain(["base_model.model.classifier.weight", "base_model.model.classifier.bias"]);
        foreach (string key in peft.Tensors.Keys) written.Read(key).ShouldBeIdentical(peft.Read(key), key);
        written.Metadata.Where(entry => entry.Key != "lora_composition.base").Should().BeEquivalentTo(new Dictionary<string, string> { ["format"] = "pt", ["lora_composition.class_names"] = "[\"LABEL_0\",\"LABEL_1\",\"LABEL_2\",\"LABEL_3\",\"LABEL_4\"]" });
        File.ReadAllText(folder.File("adapter_config.json")).Should().Contain("  \"modules_to_save\": [\n    \"classifier\"\n  ],\n");
    }

    [Theory]
    [InlineData("[\"a\"]", "*1 class names*passed over*5 classes*")]
    [InlineData("[1,2,3,4,5]", "*cannot be read*")]
    [InlineData("[null]", "*cannot be read*a name is null*")]
    [InlineData("{", "*cannot be read*")]
    public void Class_names_that_do_not_fit_are_passed_over_with_a_warning(string text, string warning)
    {
        using (var adapter = Fixture.Adapter("vit-head")) adapter.Save(folder.Path);
        string path = folder.File("adapter_model.safetensors");
        Dictionary<string, Tensor> tensors;
        using (var file = SafetensorsFile.Open(path)) tensors = file.Tensors.Keys.ToDictionary(key => key, key => file.Read(key).clone());
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["lora_composition.class_names"] = text });

        using var read = LoraAdapter.Load(folder.Path);
        read.Head!.ClassNames.Should().BeNull();
        read.Warnings.Should().ContainSingle().Which.Should().Match(warning);
    }

    [Fact]
    public void A_16_bit_head_is_exported_as_float32()
    {
        using var model = VisionTransformer.Load(Fixture.Path("vit-hf"), new VitLoadOptions { Dtype = ScalarType.BFloat16 });
        model.Classifier!.weight!.dtype.Should().Be(ScalarType.BFloat16);
        using var tuning = LoraTuning.Attach(model, trainHead: true);
        using var adapter = tuning.ToAdapter("a");
        (adapter.Head!.Weight.dtype, adapter.Head.Bias!.dtype).Should().Be((ScalarType.Float32, ScalarType.Float32));
    }

    [Theory]
    [InlineData("uniform")]
    [InlineData("learned")]
    [InlineData("stored")]
    [InlineData("weighted")]
    [InlineData("weighted by layer")]
    [InlineData("own")]
    public void It_trains_with_every_composition_too(string kind)
    {
        using var model = Model();
        var adapters = Fixture.Adapters();
        CompositionWeights stored;
        using (var uniform = Composition.AttachUniform(model, adapters)) stored = uniform.ToWeights();
        using var composition = kind switch
        {
            "uniform" => Composition.AttachUniform(model, adapters, trainHead: true),
            "learned" => Composition.AttachLearned(model, adapters, trainHead: true),
            "stored" => Composition.AttachLearned(model, adapters, stored, trainHead: true),
            "weighted" => Composition.AttachWeighted(model, adapters, [0.2, 0.3, 0.5], trainHead: true),
            "weighted by layer" => Composition.AttachWeighted(model, adapters, stored, trainHead: true),
            _ => Composition.Attach(model, adapters, (_, layer, modules) => new UniformComposer(layer, modules), trainHead: true),
        };
        Train(model, composition.TrainableParameters(includeHead: true));
        using var adapter = composition.ToAdapter("c");
        adapter.Head!.Weight.ShouldBeIdentical(model.Classifier!.weight!);
        adapter.Head.ClassNames.Should().Equal(names);
        foreach (var module in adapters) module.Dispose();
    }

    [Fact]
    public void Where_there_is_none_or_it_is_adapted_nothing_is_attached()
    {
        using var t5 = Fixture.T5("t5-v1.0");
        t5.Invoking(model => LoraTuning.Attach(model, trainHead: true)).Should().Throw<ArgumentException>().WithMessage("*no head*");
        using var backbone = VisionTransformer.Load(Fixture.Path("vit-hf-backbone"));
        backbone.Invoking(model => LoraTuning.Attach(model, trainHead: true)).Should().Throw<ArgumentException>().WithMessage("*no head*");
        using var vit = Model();
        vit.Invoking(model => LoraTuning.Attach(model, roles: [LinearRole.Head], trainHead: true)).Should().Throw<ArgumentException>().WithMessage("*'classifier' is adapted*");
        vit.parameters().Should().OnlyContain(p => p.requires_grad);

        using var adapter = Fixture.Adapter("vit-head");
        using var headless = VisionTransformer.Create(vit.Config with { ClassNames = [] }, seed: 1);
        using (LoraTuning.Continue(headless, adapter, trainHead: true)) headless.Classifier.Should().NotBeNull("the model gets the adapter's head");
    }

    [Fact]
    public void A_saved_head_that_does_not_fit_leaves_the_model_as_it_was()
    {
        using var model = Model();
        var head = model.Classifier;
        using var adapter = Fixture.Adapter("vit-a");
        using var wide = new LoraAdapter("wide", [.. adapter.Layers.Select(l => KeyValuePair.Create(l.Key, l.Value.Clone()))]) { Head = new SavedHead(zeros(3, 7), null) };
        model.Invoking(m => LoraTuning.Continue(m, wide, trainHead: true)).Should().Throw<ArgumentException>().WithMessage("*another width*");
        model.Sites.Should().OnlyContain(site => site.Layer is TorchSharp.Modules.Linear);
        model.Classifier.Should().BeSameAs(head);
        model.parameters().Should().OnlyContain(p => p.requires_grad);
    }

    [Fact]
    public void Class_names_are_as_many_as_classes() =>
        FluentActions.Invoking(() => new SavedHead(zeros(3, 4), null, ["a", "b"])).Should().Throw<ArgumentException>().WithMessage("2 class names*3 classes*");
}
