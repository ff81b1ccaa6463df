using System.Reflection;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module;

namespace LoraComposition.Tests.Conventions;

/// <summary>Who owns the tensors that go into the library and come out of it: what is borrowed lives on, what is taken over dies with its owner, and a result is the caller's.</summary>
public class OwnershipTests
{
    static readonly Dictionary<string, Action<Ledger>> cases = new()
    {
        ["LoraDelta..ctor"] = ledger => ledger.Gone(Pair(), pair => new LoraDelta(pair[0], pair[1], 1)),
        ["LoraDelta.ToDense"] = ledger => ledger.FromOwner(Delta(), delta => delta.ToDense()),
        ["LayerUpdate..ctor"] = ledger => ledger.Gone([rand(4, 6)], whole => new LayerUpdate(whole[0])),
        ["SavedHead..ctor"] = ledger => ledger.Gone([rand(3, 6), rand(3)], head => new SavedHead(head[0], head[1])),
        ["HostToDevice.Copy"] = ledger => ledger.Gone([rand(2)], host => HostToDevice.Copy(host[0], META)),
        ["InputStatistics.Add"] = ledger => ledger.FromOwner(new InputStatistics(6), statistics => { statistics.Add(ledger.Borrow(rand(4, 6))); return []; }),
        ["LinearCka.Compute"] = ledger => LinearCka.Compute(ledger.Borrow(rand(5, 3)), ledger.Borrow(rand(5, 2))),
        ["VectorComposer.Weights"] = ledger =>
        {
            ledger.FromOwner(new LearnedComposer(SmallLayers.Linear(6, 4), [Delta()]), layer => layer.Weights());
            ledger.FromOwner(new UnconstrainedComposer(SmallLayers.Linear(6, 4), [Delta()]), layer => layer.Weights());
        },
        ["UniformComposer.Weights"] = ledger => ledger.FromOwner(new UniformComposer(SmallLayers.Linear(6, 4), [Delta()]), layer => layer.Weights()),
        ["WeightedComposer.Weights"] = ledger => ledger.FromOwner(new WeightedComposer(SmallLayers.Linear(6, 4), [Delta()], [0.5]), layer => layer.Weights()),
        ["LoraComposer.Weights"] = ledger => ledger.FromOwner((LoraComposer)new UniformComposer(SmallLayers.Linear(6, 4), [Delta()]), layer => layer.Weights()),
        ["LoraComposer.forward"] = ledger => ledger.FromOwner(new UniformComposer(SmallLayers.Linear(6, 4), [Delta()]), layer => layer.call(ledger.Borrow(rand(2, 6)))),
        ["LoraComposer.load_state_dict"] = ledger => ledger.FromOwner(new UniformComposer(SmallLayers.Linear(6, 4), [Delta()]), layer =>
        {
            layer.load_state_dict(layer.state_dict().ToDictionary(entry => entry.Key, entry => ledger.Borrow(entry.Value.clone())));
            return [];
        }),
        ["PolyComposer.Weights"] = ledger => ledger.FromOwner(new PolyComposer(SmallLayers.Linear(6, 4), [Delta()]), layer => layer.Weights()),
        ["PolyComposer.forward"] = ledger => ledger.FromOwner(new PolyComposer(SmallLayers.Linear(6, 4), [Delta(), Delta()], heads: 2), layer => layer.call(ledger.Borrow(rand(2, 6)))),
        ["ArrowComposer.Route"] = ledger => ledger.FromOwner(new ArrowComposer(SmallLayers.Linear(6, 4), [Delta(), null]), layer => layer.Route(ledger.Borrow(rand(2, 6)))),
        ["RoutedComposer.Route"] = ledger => ledger.FromOwner((RoutedComposer)new LinearRouter(SmallLayers.Linear(6, 4), [Delta()]), layer => layer.Route(ledger.Borrow(rand(2, 6)))),
        ["RoutedComposer.forward"] = ledger => ledger.FromOwner(new ArrowComposer(SmallLayers.Linear(6, 4), [Delta(), null]), layer => layer.call(ledger.Borrow(rand(2, 6)))),
        ["LoraLinear.forward"] = ledger => ledger.FromOwner(new LoraLinear(SmallLayers.Linear(6, 4), Delta(), dropout: 0), layer => layer.call(ledger.Borrow(rand(2, 6)))),
        ["AdaptedLinear.MergedWeight"] = ledger => ledger.FromOwner(new LoraLinear(SmallLayers.Linear(6, 4), Delta(), dropout: 0), layer => layer.MergedWeight()),
        ["SafetensorsFile.Read"] = ledger => ledger.FromOwner(SafetensorsFile.Open(Fixture.Path("cka.safetensors")), file => file.Read(file.Tensors.Keys.First())),
        ["CheckpointFiles.Read"] = ledger => ledger.FromOwner(CheckpointFiles.Open(Fixture.Path("vit-hf")), files => files.Read(files.Names.First(), ScalarType.Float32)),
        ["AdapterFile.ReadSaved"] = ledger => ledger.FromOwner(AdapterFile.Open(Fixture.Path("peft", "vit-head")), file => file.ReadSaved("classifier.weight")),
        ["AdapterFileWriter.AddSaved"] = ledger =>
        {
            using var folder = new TemporaryFolder();
            using var writer = new AdapterFileWriter(folder.Path);
            writer.AddSaved("head.weight", "head", ledger.Borrow(rand(2, 2)));
        },
        ["LayerUpdate.ToDense"] = ledger =>
        {
            ledger.FromOwner(new LayerUpdate(rand(4, 6)), update => update.ToDense());
            ledger.FromOwner(new MeanMerge().Merge(new MergeLayer("layer", [Delta()])), update => update.ToDense());
        },
        ["FisherFile.Write"] = ledger =>
        {
            using var folder = new TemporaryFolder();
            FisherFile.Write(folder.Path, "x", new Dictionary<string, Tensor> { ["layer"] = ledger.Borrow(rand(2, 2)) });
        },
        ["FisherFile.Read"] = ledger => ReadFisher(ledger, file => file),
        ["IFisherDiagonal.Read"] = ledger => ReadFisher(ledger, file => (IFisherDiagonal)file),
        ["SafetensorsWriter.Write"] = ledger =>
        {
            using var folder = new TemporaryFolder();
            SafetensorsWriter.Write(System.IO.Path.Combine(folder.Path, "x.safetensors"), new Dictionary<string, Tensor> { ["x"] = ledger.Borrow(rand(2, 2)) });
        },
        ["VisionTransformer.forward"] = ledger => ledger.FromOwner(Vit(), model => model.call(ledger.Borrow(Pixels()))),
        ["VisionTransformer.Features"] = ledger => ledger.FromOwner(Vit(), model => model.Features(ledger.Borrow(Pixels()))),
        ["VisionTransformer.Classify"] = ledger => ledger.FromOwner(Vit(), model => model.Classify(ledger.Borrow(rand(2, 16)))),
        ["VisionTransformer.HiddenStates"] = ledger => ledger.FromOwner(Vit(), model => [.. model.HiddenStates(ledger.Borrow(Pixels()))]),
        ["VisionTransformer.HiddenState"] = ledger => ledger.FromOwner(Vit(), model => model.HiddenState(ledger.Borrow(Pixels()), 0)),
        ["VisionTransformer.FeaturesFrom"] = ledger => ledger.FromOwner(Vit(), model =>
        {
            using var noGrad = no_grad();
            return model.FeaturesFrom(ledger.Borrow(model.HiddenState(ledger.Borrow(Pixels()), 0)), 0);
        }),
        ["T5Model.forward"] = ledger => ledger.FromOwner(T5(), model => model.call(ledger.Borrow(Ids()), ledger.Borrow(ones(1, 3)), ledger.Borrow(Ids()))),
        ["T5Model.Encode"] = ledger => ledger.FromOwner(T5(), model => model.Encode(ledger.Borrow(Ids()), ledger.Borrow(ones(1, 3)))),
        ["T5Model.Decode"] = ledger => ledger.FromOwner(T5(), model =>
        {
            var states = ledger.Borrow(rand(1, 3, 8));
            using var cache = model.StartDecoding(states);
            return [model.Decode(ledger.Borrow(Ids()), states), model.Decode(ledger.Borrow(Ids()), cache)];
        }),
        ["T5Model.Logits"] = ledger => ledger.FromOwner(T5(), model => model.Logits(ledger.Borrow(rand(1, 3, 8)))),
        ["T5Model.Loss"] = ledger => ledger.FromOwner(T5(), model => model.Loss(ledger.Borrow(Ids()), null, ledger.Borrow(Ids()))),
        ["T5Model.ShiftRight"] = ledger => ledger.FromOwner(T5(), model => model.ShiftRight(ledger.Borrow(Ids()))),
        ["T5Model.StartDecoding"] = ledger => ledger.FromOwner(T5(), model => { model.StartDecoding(ledger.Borrow(rand(1, 3, 8)), ledger.Borrow(ones(1, 3))).Dispose(); return []; }),
        ["DecoderCache.Choose"] = ledger => ledger.FromOwner(T5(), model =>
        {
            using var cache = model.StartDecoding(ledger.Borrow(rand(2, 3, 8)));
            cache.Choose(ledger.Borrow(tensor(new long[] { 1 })));
            return [];
        }),
        ["T5Generation.Generate"] = ledger => ledger.FromOwner(T5(), model => { model.Generate(ledger.Borrow(Ids()), ledger.Borrow(ones(1, 3)), new() { MaxLength = 2 }); return []; }),
        ["T5AnswerScoring.ScoreAnswers"] = ledger => ledger.FromOwner(T5(), model => { model.ScoreAnswers(ledger.Borrow(Ids()), ledger.Borrow(ones(1, 3)), [[[4, 1]]]); return []; }),
    };

    public static TheoryData<string> Names => [.. cases.Keys];

    /// <summary>A new member that takes or gives tensors needs a case of its own.</summary>
    [Fact]
    public void Every_member_that_tensors_cross_has_a_case()
    {
        var crossed = PublicMembers.Types(typeof(LoraDelta).Assembly).SelectMany(PublicMembers.Of).OfType<MethodBase>().Where(CarriesTensors).Select(method => $"{method.DeclaringType!.Name}.{method.Name}");

        crossed.Distinct().Should().BeEquivalentTo(cases.Keys);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Tensors_live_as_long_as_their_owners(string name)
    {
        using var scope = NewDisposeScope();
        var ledger = new Ledger();

        cases[name](ledger);

        ledger.ShouldBalance();
    }

    static void ReadFisher(Ledger ledger, Func<FisherFile, IFisherDiagonal> seen)
    {
        using var folder = new TemporaryFolder();
        using (var made = new LoraAdapter("a", [new("layer", Delta())])) made.Save(folder.Path);
        using var adapter = LoraAdapter.Load(folder.Path);
        FisherFile.Write(folder.Path, adapter.Fingerprint!, new Dictionary<string, Tensor> { ["layer"] = ledger.Borrow(rand(4, 6)) });
        ledger.FromOwner(FisherFile.Open(adapter), file => seen(file).Read("layer"));
    }

    static bool CarriesTensors(MethodBase method) => method.GetParameters().Select(p => p.ParameterType).Append((method as MethodInfo)?.ReturnType).Any(type => type is not null && IsTensor(type));

    static bool IsTensor(Type type) => type == typeof(Tensor) || (type.IsGenericType && type.GetGenericArguments().Contains(typeof(Tensor)) && !typeof(Delegate).IsAssignableFrom(type) && !typeof(Module).IsAssignableFrom(type));

    static Tensor[] Pair() => [rand(2, 6), rand(4, 2)];

    static LoraDelta Delta() => SmallLayers.Delta(6, 4, 2, 1, seed: 3);

    static VisionTransformer Vit() => VisionTransformer.Create(new VitConfig { HiddenSize = 16, LayerCount = 1, HeadCount = 2, IntermediateSize = 8, ImageSize = 8, PatchSize = 4, ClassNames = ["a", "b"] }, 0);

    static Tensor Pixels() => rand(1, 3, 8, 8);

    static T5Model T5() => T5Model.Create(new T5Config { VocabularySize = 20, HiddenSize = 8, EncoderLayerCount = 1, DecoderLayerCount = 1, HeadCount = 2, KeyValueSize = 4, IntermediateSize = 12 }, 0);

    static Tensor Ids() => tensor(new long[,] { { 4, 7, 1 } });

    /// <summary>What was lent to the library and what came back.</summary>
    sealed class Ledger
    {
        readonly List<Tensor> alive = [], gone = [];

        public Tensor Borrow(Tensor tensor)
        {
            alive.Add(tensor);
            return tensor;
        }

        /// <summary>Hands tensors over to an owner that is disposed.</summary>
        public void Gone(Tensor[] tensors, Func<Tensor[], IDisposable> owner)
        {
            owner(tensors).Dispose();
            gone.AddRange(tensors);
        }

        /// <summary>Takes a result from an owner that is disposed afterwards.</summary>
        public void FromOwner<T>(T owner, Func<T, Tensor> take) where T : IDisposable => FromOwner(owner, source => (Tensor[])[take(source)]);

        public void FromOwner<T>(T owner, Func<T, Tensor[]> take) where T : IDisposable
        {
            using (owner) alive.AddRange(take(owner));
        }

        public void ShouldBalance()
        {
            (alive.Count + gone.Count).Should().BePositive();
            foreach (var tensor in alive)
            {
                tensor.IsInvalid.Should().BeFalse("it was lent, or is the caller's");
                tensor.sum().Dispose();
            }
            foreach (var tensor in gone) tensor.IsInvalid.Should().BeTrue("its owner was disposed");
        }
    }
}
