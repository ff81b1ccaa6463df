using LoraComposition.Files;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Adapters;

/// <summary>Adapters in the spellings of kohya and diffusers are read and written in the same; what is not plain is refused by the tensor's name.</summary>
public sealed class SingleFileTests : IDisposable
{
    const string Unet = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
    const string Transformer = "transformer.transformer_blocks.0.attn.to_out.0";

    static readonly AdapterLoadOptions any = new() { AnyArchitecture = true };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Files => [.. SingleFile.All.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Each_spelling_is_read_by_its_definition(string name)
    {
        using var scope = NewDisposeScope();
        var single = SingleFile.Called(name);
        foreach (double? alpha in (double?[])[null, 3])
        {
            string path = single.Write(folder.File($"{name}-{alpha}.safetensors"), 1, rank: 4, alpha);
            using var file = AdapterFile.Open(path, options: any);
            (file.Name, file.Layout, file.BaseModel).Should().Be(($"{name}-{alpha}", single.Layout, null));
            file.Warnings.Should().BeEmpty();
            file.Layers.Values.Select(layer => (layer.Path, layer.OutFeatures, layer.InFeatures, layer.Rank, layer.Scaling, layer.Kind)).Should().BeEquivalentTo(single.Layers.Select(layer =>
                (layer.Key, layer.Value[0], layer.Value[1], 4L, (alpha ?? 4) / 4, layer.Value.Length == 4 ? AdapterLayerKind.Convolution : AdapterLayerKind.Linear)));
            foreach (var (layer, update) in single.Updates(path))
            {
                using var delta = file.Read(layer);
                delta.ToDense().to(ScalarType.Float64).ShouldBeClose(update, 1e-6, layer);
                delta.Alpha.Should().Be(alpha ?? 4);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void What_was_read_is_written_in_the_same_spelling_and_from_then_on_in_the_same_bytes(string name)
    {
        using var scope = NewDisposeScope();
        var single = SingleFile.Called(name);
        string first = single.Write(folder.File("first.safetensors"), 1, rank: 4, alpha: 3), second = folder.File("second.safetensors"), third = folder.File("third.safetensors");
        Copy(first, second);
        Copy(second, third);
        File.ReadAllBytes(third).Should().Equal(File.ReadAllBytes(second));
        var (before, after) = (single.Updates(first), single.Updates(second));
        foreach (string layer in single.Layers.Keys) after[layer].ShouldBeClose(before[layer], 1e-6, layer);
        using var written = SafetensorsFile.Open(second);
        written.Tensors.Keys.Should().BeEquivalentTo(single.Layers.Keys.SelectMany(layer =>
            (string[])[layer + single.Down(layer), layer + single.Up(layer), .. single.Layout == AdapterLayout.Kohya ? [layer + ".alpha"] : (string[])[]]));
        foreach (var (layer, weight) in single.Layers) written.Tensors[layer + single.Up(layer)].Shape.Should().Equal(weight.Length == 4 ? [weight[0], 4, 1, 1] : [weight[0], 4]);
        if (single.Layout == AdapterLayout.Kohya) written.Read(single.Layers.Keys.First() + ".alpha").item<float>().Should().Be(4);
    }

    [Fact]
    public void Layers_of_several_ranks_keep_a_scaling_of_one()
    {
        using LoraDelta small = SmallLayers.Delta(6, 6, 2, 0.5, seed: 1), large = SmallLayers.Delta(6, 12, 3, 2, seed: 2);
        foreach (var (layout, one, two) in ((AdapterLayout, string, string)[])[
            (AdapterLayout.Kohya, "lora_unet_a_b", "lora_unet_a_c"), (AdapterLayout.Diffusers, "unet.a.b", "unet.a.c"), (AdapterLayout.DiffusersBeforePeft, "unet.a.b", "unet.a.c")])
        {
            string path = folder.File($"{layout}.safetensors");
            using (var writer = new AdapterFileWriter(path, layout: layout))
            {
                writer.Add(one, small);
                writer.Add(two, large);
                writer.Complete("some/base", "r1");
            }
            using var file = AdapterFile.Open(path, options: any);
            (file.BaseModel, file.Revision).Should().Be(("some/base", "r1"));
            foreach (var (layer, delta) in ((string, LoraDelta)[])[(one, small), (two, large)])
            {
                (file.Layers[layer].Rank, file.Layers[layer].Scaling).Should().Be((delta.Rank, 1));
                using LoraDelta read = file.Read(layer);
                using Tensor found = read.ToDense(), expected = delta.ToDense();
                found.ShouldBeClose(expected, 1e-6);
            }
        }
        using var kohya = SafetensorsFile.Open(folder.File("kohya.safetensors"));
        kohya.Metadata.Keys.Should().NotContain("ss_network_dim", "no one number is the rank");
        using var diffusers = SafetensorsFile.Open(folder.File("diffusers.safetensors"));
        diffusers.Metadata["lora_adapter_metadata"].Should().Be("""{"unet.alpha_pattern":{"^a\\.c":3},"unet.lora_alpha":2,"unet.r":2,"unet.rank_pattern":{"^a\\.c":3},"unet.target_modules":["a.b","a.c"]}""");
    }

    [Fact]
    public void Half_is_rounded_once_after_the_scaling_and_alpha_stays_exact()
    {
        using var scope = NewDisposeScope();
        using var delta = SmallLayers.Delta(4, 3, 300, 1.0 / 3, seed: 1);
        using (var writer = new AdapterFileWriter(folder.File("half.safetensors"), new() { Dtype = ScalarType.BFloat16 }, AdapterLayout.Kohya))
        {
            writer.Add("lora_unet_a", delta);
            writer.Complete();
        }
        using var file = SafetensorsFile.Open(folder.File("half.safetensors"));
        file.Read("lora_unet_a.lora_up.weight").ShouldBeIdentical(delta.B.to(ScalarType.Float64).mul(1.0 / 3).to(ScalarType.BFloat16));
        file.Read("lora_unet_a.alpha").item<float>().Should().Be(300);
        (file.Metadata["ss_network_dim"], file.Metadata["ss_network_alpha"]).Should().Be(("300", "300"));
        using LoraDelta large = new(ones(1, 2), full(2, 1, 1e38f), 1e3);
        using var other = new AdapterFileWriter(folder.File("large.safetensors"), layout: AdapterLayout.Kohya);
        other.Invoking(w => w.Add("lora_unet_a", large)).Should().Throw<ArgumentException>().WithMessage("Tensor 'lora_unet_a.lora_up.weight' holds numbers that are too large*");
    }

    [Fact]
    public void The_entry_of_diffusers_tells_the_scaling()
    {
        var single = SingleFile.Called("flux-diffusers");
        using (var file = Open("""{"transformer.lora_alpha": 8, "transformer.r": 2, "transformer.use_rslora": true, "transformer.alpha_pattern": {"proj_mlp": 1}, "unet.r": 7}"""))
        {
            file.Layers[Transformer].Scaling.Should().Be(8 / Math.Sqrt(2));
            file.Layers["transformer.single_transformer_blocks.37.proj_mlp"].Scaling.Should().Be(1 / Math.Sqrt(2));
            file.Layers["text_encoder.text_model.encoder.layers.0.self_attn.q_proj"].Scaling.Should().Be(1);
            file.Warnings.Should().ContainSingle().Which.Should().Contain("'unet.r'");
        }
        foreach (var (json, message) in ((string, string)[])[
            ("[]", "*cannot be read as a JSON object*"),
            ("{", "*cannot be read as a JSON object*"),
            ("""{"transformer.r": 2}""", "*no 'transformer.lora_alpha'*"),
            ("""{"transformer.r": 3, "transformer.lora_alpha": 3}""", $"*layer '{Other()}' has rank 2, but 'lora_adapter_metadata' says 3*"),
            ("""{"transformer.r": 2, "transformer.lora_alpha": 3, "transformer.use_dora": true}""", "*'use_dora' is true: DoRA*"),
            ("""{"transformer.r": 2, "transformer.lora_alpha": 3, "transformer.target_modules": ["proj_mlp"]}""", $"*layer '{Transformer}' is no target by*"),
            ("""{"transformer.r": 2, "transformer.lora_alpha": 3, "transformer.modules_to_save": ["x"]}""", "*names 'x'*"),
            ("""{"transformer.r": 2, "transformer.lora_alpha": "3"}""", "*'lora_alpha': expected a number*")])
            FluentActions.Invoking(() => Open(json)).Should().Throw<AdapterException>(json).WithMessage(message);
        FluentActions.Invoking(() => Open("""{"transformer.r": 2, "transformer.lora_alpha": 3}""", alpha: 2)).Should().Throw<AdapterException>().WithMessage("*has alpha 2, but 'lora_adapter_metadata' says 3*");
        Open("""{"transformer.r": 2, "transformer.lora_alpha": 3}""", alpha: 3).Dispose();

        AdapterFile Open(string json, double? alpha = null) => AdapterFile.Open(single.Write(folder.File("a.safetensors"), 1, alpha: alpha, metadata: new() { ["lora_adapter_metadata"] = json }), options: any);

        static string Other() => "transformer.single_transformer_blocks.37.proj_mlp";
    }

    [Theory]
    [InlineData("sd15-kohya", Unet + ".dora_scale", "DoRA")]
    [InlineData("sd15-kohya", "lora_unet_x.hada_w1_a", "LoHa")]
    [InlineData("sd15-kohya", "lora_unet_x.lokr_w1", "LoKr")]
    [InlineData("sd15-kohya", Unet + ".lora_mid.weight", "Tucker")]
    [InlineData("sd15-kohya", "lora_unet_x.on_input", "IA3")]
    [InlineData("sd15-kohya", "lora_unet_x.diff_b", "whole change of a weight")]
    [InlineData("sd15-kohya", "lora_unet_x.w_norm", "whole change of a norm")]
    [InlineData("sd15-kohya", "lora_unet_x.oft_blocks", "OFT")]
    [InlineData("sd15-kohya", "lora_vae_x.lora_down.weight", "expected only lora_unet_NAME")]
    [InlineData("sd15-kohya", "lora_unet_a.b.lora_down.weight", "expected only lora_unet_NAME")]
    [InlineData("sd15-kohya", "lora_unet_.lora_down.weight", "expected only lora_unet_NAME")]
    [InlineData("sd15-kohya", "unet.a.b.lora_A.weight", "one spelling")]
    [InlineData("flux-diffusers", "unet.mid.attn1.processor.to_q_lora.down.weight", "attention processors")]
    [InlineData("flux-diffusers", "base_model.model.a.lora_A.weight", "adapter_config.json")]
    [InlineData("flux-diffusers", "vae.a.lora_A.weight", "expected only unet.PATH")]
    [InlineData("flux-diffusers", "unet..lora_A.weight", "expected only unet.PATH")]
    [InlineData("flux-diffusers", Transformer + ".lora_magnitude_vector", "DoRA")]
    [InlineData("flux-diffusers", Transformer + ".lora_B.bias", "bias")]
    [InlineData("sd15-older", "text_encoder.a.lora.down.weight", "expected only unet.PATH")]
    public void What_is_not_plain_is_refused_by_the_name_of_its_tensor(string name, string tensor, string reason)
    {
        string path = SingleFile.Called(name).Write(folder.File("a.safetensors"), 1, change: tensors => tensors[tensor] = ones(2, 2));
        string message = FluentActions.Invoking(() => AdapterFile.Open(path, options: any)).Should().Throw<ModelFileException>().Which.Message;
        message.Should().Contain("a.safetensors").And.Contain(tensor).And.Contain(reason);
    }

    [Fact]
    public void Control_characters_in_a_name_are_refused_and_not_shown()
    {
        string path = SingleFile.Called("sd15-kohya").Write(folder.File("a.safetensors"), 1, change: tensors => tensors["lora_unet_######[2J.lora_down.weight"] = ones(2, 2));
        var bytes = File.ReadAllBytes(path);
        "\\u001b"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("######"u8)));
        File.WriteAllBytes(path, bytes);
        FluentActions.Invoking(() => AdapterFile.Open(path, options: any)).Should().Throw<ModelFileException>().Which.Message.Should().Contain("control character U+001B").And.NotContain("\u001b");
    }

    [Fact]
    public void Factors_and_alphas_that_do_not_fit_are_refused_by_layer()
    {
        Refused(tensors => tensors.Remove(Unet + ".lora_up.weight")).Should().Contain($"layer '{Unet}' has lora_down but no lora_up");
        Refused(tensors => tensors.Remove(Unet + ".lora_down.weight")).Should().Contain("has lora_up but no lora_down");
        Refused(tensors => tensors["lora_unet_x.alpha"] = tensor(1f)).Should().Contain("layer 'lora_unet_x' has an alpha but no factors");
        Refused(tensors => tensors[Unet + ".lora_up.weight"] = ones(8, 3)).Should().Contain("expected lora_down [rank, in] and lora_up [out, rank]").And.Contain("[8, 3]");
        Refused(tensors => tensors[Unet + ".lora_up.weight"] = ones(8, 2).to(ScalarType.Int8)).Should().Contain("Int8").And.Contain("quantised");
        Refused(tensors => (tensors[Unet + ".lora_down.weight"], tensors[Unet + ".lora_up.weight"]) = (ones(2, 8, 3, 3), ones(8, 2, 1, 1))).Should().Contain(Unet).And.Contain("kernel of 3×3");
        Refused(tensors => tensors[Unet + ".alpha"] = tensor(float.NaN)).Should().Contain($"'{Unet}.alpha' is NaN");
        Refused(tensors => tensors[Unet + ".alpha"] = tensor(float.PositiveInfinity)).Should().Contain(".alpha").And.Contain("finite");
        Refused(tensors => tensors[Unet + ".alpha"] = tensor(0f)).Should().Contain($"'{Unet}.alpha' is 0");
        Refused(tensors => tensors[Unet + ".alpha"] = ones(2)).Should().Contain("expected one number, found Float32 [2]");
        Refused(tensors => tensors[Unet + ".alpha"] = tensor(true)).Should().Contain("expected one number, found Bool []");
        Refused(tensors => tensors.Clear()).Should().Contain("holds no tensor");
        using var whole = AdapterFile.Open(Sd15(tensors => tensors[Unet + ".alpha"] = tensor(1L)), options: any);
        whole.Layers[Unet].Scaling.Should().Be(0.5);
        whole.Layers.Values.Where(layer => layer.Path != Unet).Should().OnlyContain(layer => layer.Scaling == 1);

        string Refused(Action<Dictionary<string, Tensor>> change) =>
            FluentActions.Invoking(() => AdapterFile.Open(Sd15(change), options: any)).Should().Throw<AdapterException>().Which.Message;

        string Sd15(Action<Dictionary<string, Tensor>> change) => SingleFile.Called("sd15-kohya").Write(folder.File("a.safetensors"), 1, change: change);
    }

    [Fact]
    public void Several_ranks_without_an_alpha_mean_nothing_certain_in_diffusers()
    {
        var single = SingleFile.Called("flux-diffusers");
        Action<Dictionary<string, Tensor>> wider = tensors => (tensors[Transformer + ".lora_A.weight"], tensors[Transformer + ".lora_B.weight"]) = (ones(3, 6), ones(6, 3));
        FluentActions.Invoking(() => AdapterFile.Open(single.Write(folder.File("a.safetensors"), 1, change: wider), options: any))
            .Should().Throw<AdapterException>().WithMessage("*has no alpha although the layers of 'transformer' have several ranks*");
        using var file = AdapterFile.Open(single.Write(folder.File("a.safetensors"), 1, alpha: 3, change: wider), options: any);
        file.Layers[Transformer].Scaling.Should().Be(1);
    }

    [Fact]
    public void Numbers_that_are_none_are_refused_where_they_are_read()
    {
        using var file = AdapterFile.Open(SingleFile.Called("sd15-kohya").Write(folder.File("a.safetensors"), 1, change: tensors => tensors[Unet + ".lora_up.weight"][0, 0] = double.NaN), options: any);
        file.Invoking(f => f.Read(Unet)).Should().Throw<AdapterException>().WithMessage($"*a.safetensors: tensor '{Unet}.lora_up.weight' holds NaN*");
        file.Invoking(f => f.ToAdapter()).Should().Throw<AdapterException>().WithMessage("*spelled as kohya does it*");
    }

    [Fact]
    public void A_folder_of_one_file_is_that_file()
    {
        var single = SingleFile.Called("flux-diffusers");
        single.Write(folder.File("style/pytorch_lora_weights.safetensors"), 1);
        using (var file = AdapterFile.Open(folder.File("style"), options: any)) (file.Name, file.Layout).Should().Be(("style", AdapterLayout.Diffusers));
        FluentActions.Invoking(() => AdapterFile.Open(folder.File("style"))).Should().Throw<AdapterException>().WithMessage("*adapter_config.json*");
        FluentActions.Invoking(() => AdapterFile.Open(folder.File("style/pytorch_lora_weights.safetensors"))).Should().Throw<AdapterException>().WithMessage("*AnyArchitecture*");
        single.Write(folder.File("style/other.safetensors"), 1);
        FluentActions.Invoking(() => AdapterFile.Open(folder.File("style"), options: any)).Should().Throw<AdapterException>().WithMessage("*several files*'other.safetensors', 'pytorch_lora_weights.safetensors'*");
        PeftFolder.Copy(folder);
        using (var peft = AdapterFile.Open(folder.Path, options: any)) peft.Layout.Should().Be(AdapterLayout.Peft);
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(folder.File("linked"));
        File.CreateSymbolicLink(folder.File("linked/a.safetensors"), folder.File("style/other.safetensors"));
        FluentActions.Invoking(() => AdapterFile.Open(folder.File("linked"), options: any)).Should().Throw<AdapterException>().WithMessage("*a link leads to*");
    }

    [Fact]
    public void What_a_layout_cannot_hold_is_misuse()
    {
        using var delta = SmallLayers.Delta(3, 4, 2, 1, seed: 1);
        using var writer = new AdapterFileWriter(folder.File("out"), layout: AdapterLayout.Kohya);
        writer.Invoking(w => w.Add("unet.a.b", delta)).Should().Throw<ArgumentException>().WithMessage("Layer 'unet.a.b' cannot be spelled as kohya does it*");
        writer.Invoking(w => w.Add("lora_te_a", delta, AdapterLayerKind.Embedding)).Should().Throw<ArgumentException>().WithMessage("*is an embedding*");
        writer.Invoking(w => w.AddSaved("head.weight", "head", delta.A)).Should().Throw<ArgumentException>().WithMessage("'head' is saved whole*");
        writer.Add("lora_te_a", delta);
        writer.Complete();
        Directory.GetFileSystemEntries(folder.File("out")).Should().Equal(folder.File("out/pytorch_lora_weights.safetensors"));
        File.Move(folder.File("out/pytorch_lora_weights.safetensors"), folder.File("out/mine.safetensors"));
        FluentActions.Invoking(() => new AdapterFileWriter(folder.File("out"), layout: AdapterLayout.Kohya)).Should().Throw<IOException>().WithMessage("*holds 'mine.safetensors'*");
        PeftFolder.Copy(folder);
        FluentActions.Invoking(() => new AdapterFileWriter(folder.Path, layout: AdapterLayout.Diffusers)).Should().Throw<IOException>().WithMessage("*holds an adapter in PEFT's layout*");
    }

    static void Copy(string from, string to)
    {
        using var file = AdapterFile.Open(from, options: any);
        using var writer = new AdapterFileWriter(to, layout: file.Layout);
        foreach (var (path, layer) in file.Layers)
        {
            using var delta = file.Read(path);
            writer.Add(path, delta, layer.Kind);
        }
        writer.Complete();
    }
}
