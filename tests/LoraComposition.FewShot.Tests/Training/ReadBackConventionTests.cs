using System.Reflection;
using LoraComposition.Text;
using TorchSharp;

namespace LoraComposition.FewShot.Tests.Training;

/// <summary>No code of a training step calls what reads numbers back from a device. Found in the compiled code.</summary>
public sealed class ReadBackConventionTests
{
    const BindingFlags Everything = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    static readonly HashSet<string> readers = ["item", "data", "cpu", "ToScalar", "ToSingle", "ToDouble", "ToInt32", "ToInt64", "ToBoolean", "clip_grad_norm_", "nonzero", "equal"];

    // Loading, saving and starting a model; two that look at indices on the CPU only, which TrainingStepTests covers; and two that name the module whose numbers
    // broke a merge.
    static readonly string[] outsideTheStep = ["DeltaStack", "LoraComposer", "T5Checkpoint", "T5Model", "TokenIds", "VitInitialisation"];

    static readonly string[] stepParts = ["Vit", "T5", "TokenIds", "AttentionMask", "AttentionKernel", "DeltaStack", "FixedWeight", "KeptMemory", "LayerWork"];

    [Fact]
    public void ModelsLayersAndComposersReadNothingBack() =>
        Readers(typeof(LoraComposer).Assembly.GetTypes().Where(IsInTheStep))
            .Should().BeEquivalentTo(outsideTheStep, "one that is not in the list would make every step wait; one that is and reads nothing shows that the search is broken");

    [Fact]
    public void TheStepAndItsBatchesReadNothingBack()
    {
        Type[] step = [typeof(TrainingStep), typeof(GradientClipping), typeof(MasterWeights), typeof(HeadTraining), typeof(ImageBatches), typeof(HiddenStates), typeof(TokenBatch), typeof(TokenizedQuestions), typeof(HostToDevice), typeof(PreprocessedImages)];
        Readers(step).Should().BeEmpty();
        Readers([.. step, typeof(Evaluator)]).Should().Equal(["Evaluator"], "it does read, so the search works");
    }

    // What a forward pass goes through: modules, what they are made of and what they call.
    static bool IsInTheStep(Type type) => typeof(torch.nn.Module).IsAssignableFrom(type) || typeof(torch.autograd.SingleTensorFunction<>).Name == type.BaseType?.Name
        || stepParts.Any(part => type.Name.StartsWith(part, StringComparison.Ordinal)) && !type.Name.EndsWith("Generation", StringComparison.Ordinal) && !type.Name.EndsWith("Scoring", StringComparison.Ordinal);

    static IEnumerable<string> Readers(IEnumerable<Type> types) => types
        .SelectMany(type => type.GetNestedTypes(Everything).Append(type))
        .Where(type => type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything)).Any(Reads))
        .Select(type => (type.DeclaringType ?? type).Name).Distinct().ToArray();

    static bool Reads(MethodBase method)
    {
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (int i = 0; i + 4 < code.Length; i++)
        {
            // call and callvirt, with the called method's token behind them. A constant may look like one; its token is then nobody's or another's.
            if (code[i] is not (0x28 or 0x6F)) continue;
            if (Called(method, BitConverter.ToInt32(code, i + 1)) is { } called && called.DeclaringType?.Assembly == typeof(torch).Assembly && readers.Contains(called.Name)) return true;
        }
        return false;
    }

    static MethodBase? Called(MethodBase method, int token)
    {
        try
        {
            return method.Module.ResolveMethod(token, method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null, method.IsGenericMethod ? method.GetGenericArguments() : null);
        }
        catch (Exception e) when (e is ArgumentException or BadImageFormatException)
        {
            return null;
        }
    }
}
