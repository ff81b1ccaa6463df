using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Support;

/// <summary>A small model, three adapters for it and a batch, on a device. Owns all of them.</summary>
abstract class DeviceCase : IDisposable
{
    /// <summary>The models by name, for theories.</summary>
    public static readonly IReadOnlyList<string> Names = ["vit", "t5"];

    /// <summary>The two factors of an update beside the query, or of one beside the value and the sum over the keys; the scores; the output. And up and down.</summary>
    const int Attention = 5, FeedForward = 2;

    public static DeviceCase Create(string name, ScalarType type = ScalarType.Float32) => name == "vit" ? new VitCase(type) : new T5Case(type);

    public abstract IBaseModel Model { get; }

    public IReadOnlyList<LoraAdapter> Adapters { get; protected init; } = [];

    /// <summary>Moves model and batch, not the adapters: composing brings them along.</summary>
    public abstract void To(Device device);

    /// <summary>The matrix products on the longest way from the batch to the logits.</summary>
    public abstract int ProductsInSequence { get; }

    /// <summary>The logits.</summary>
    public abstract Tensor Output();

    public abstract Tensor Loss();

    public void Dispose()
    {
        foreach (var adapter in Adapters) adapter.Dispose();
        ((IDisposable)Model).Dispose();
    }

    /// <summary>Opens a device for a test; skips the test, visibly, where it is not there.</summary>
    public static Device Open(string name)
    {
        if (name != "cuda") return CPU;
        Assert.SkipUnless(cuda.is_available(), "This machine, or this build of libtorch, has no CUDA device.");
        return new Device(DeviceType.CUDA, 0);
    }

    sealed class VitCase : DeviceCase
    {
        readonly VisionTransformer model;
        Tensor pixels, labels;

        public VitCase(ScalarType type)
        {
            model = VisionTransformer.Load(Fixture.Path("vit-hf"), new VitLoadOptions { Dtype = type });
            Adapters = Fixture.Adapters();
            var io = Fixture.Tensors("vit-hf", "io.safetensors");
            (pixels, labels) = (io["pixel_values"].to(type), io["labels"]);
        }

        public override IBaseModel Model => model;

        public override void To(Device device)
        {
            model.to(device);
            (pixels, labels) = (pixels.to(device), labels.to(device));
        }

        /// <summary>The patches, the blocks, the head.</summary>
        public override int ProductsInSequence => 1 + model.Config.LayerCount * (Attention + FeedForward) + 1;

        public override Tensor Output() => model.call(pixels);

        public override Tensor Loss() => nn.functional.cross_entropy(Output(), labels);
    }

    /// <summary>Random, because a few tokens of the reference's T5 nearly tie and magnify every rounding ten thousand times.</summary>
    sealed class T5Case : DeviceCase
    {
        readonly T5Model model;
        Tensor ids, mask, labels;

        public T5Case(ScalarType type)
        {
            using var folder = new TemporaryFolder();
            using (var random = T5Model.Create(Models.T5.T5ModelTests.SmallFlan, seed: 5)) random.Save(folder.Path);
            model = T5Model.Load(folder.Path, new T5LoadOptions { Dtype = type });
            var sites = model.Sites.Where(s => s.Role is LinearRole.Query or LinearRole.Value).ToArray();
            Adapters = [.. Enumerable.Range(0, 3).Select(n => new LoraAdapter($"module {n}", sites.Select((site, i) => KeyValuePair.Create(site.Path, Delta(site, n, i)))))];
            using var generator = new Generator(11, CPU);
            ids = randint(3, model.Config.VocabularySize, [4, 9], dtype: ScalarType.Int64, generator: generator);
            labels = randint(3, model.Config.VocabularySize, [4, 5], dtype: ScalarType.Int64, generator: generator);
            mask = ones(4, 9, dtype: ScalarType.Int64);
            mask[2, 6..] = 0;
        }

        public override IBaseModel Model => model;

        public override void To(Device device)
        {
            model.to(device);
            (ids, mask, labels) = (ids.to(device), mask.to(device), labels.to(device));
        }

        /// <summary>The encoder's blocks, the decoder's, which attend twice, and the head.</summary>
        public override int ProductsInSequence =>
            model.Config.EncoderLayerCount * (Attention + FeedForward) + model.Config.DecoderLayerCount * (2 * Attention + FeedForward) + 1;

        public override Tensor Output() => model.call(ids, mask, model.ShiftRight(labels));

        public override Tensor Loss() => model.Loss(ids, mask, labels);

        static LoraDelta Delta(AdapterSite site, int module, int index)
        {
            var weight = ((TorchSharp.Modules.Linear)site.Layer).weight!;
            return SmallLayers.Delta(weight.shape[1], weight.shape[0], 2 + module, 0.2, 100 * module + index);
        }
    }
}
