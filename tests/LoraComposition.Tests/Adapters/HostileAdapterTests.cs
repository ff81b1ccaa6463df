using LoraComposition.Tests.Files;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Adapters;

/// <summary>One folder for each way in which an adapter can be wrong: reading or attaching it fails, and the message says what and where.</summary>
public sealed class HostileAdapterTests : IDisposable
{
    const string Query = "vit.layers.0.attention.q_proj", A = "base_model.model." + Query + ".lora_A.weight", B = "base_model.model." + Query + ".lora_B.weight";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string> Cases => new()
    {
        { "configuration missing", "*the folder holds no adapter_config.json*" },
        { "configuration invalid", "*adapter_config.json: the file is not valid JSON*" },
        { "configuration oversized", "*adapter_config.json: the file is 1048577 bytes long*" },
        { "rank zero", "*adapter_config.json: 'r': expected a rank above 0, found 0*" },
        { "rank below zero for a layer", "*'rank_pattern of q_proj': expected a rank above 0, found -1*" },
        { "alpha infinite", "*adapter_config.json: 'lora_alpha': expected a finite number*found 1e999*" },
        { "alpha infinite for a layer", "*'alpha_pattern of q_proj': expected a finite number*" },
        { "lora_A alone", $"*adapter_model.safetensors: layer '{Query}' has lora_A but no lora_B*" },
        { "lora_B alone", $"*adapter_model.safetensors: layer '{Query}' has lora_B but no lora_A*" },
        { "input of another width", $"*layer '{Query}': expected lora_A [*, 32]*found [4, 31]*" },
        { "output of another width", $"*layer '{Query}': expected lora_A [*, 32] and lora_B [32, *]*found [4, 32] and [33, 4]*" },
        { "nothing matched in the model", "*layer 'blocks.0.attention.qkv': the model has no such layer*" },
        { "no tensor", "*adapter_model.safetensors: the file holds no tensor*" },
        { "unexpected key", "*adapter_model.safetensors: unexpected tensor 'base_model.model.vit.pooler.dense.weight'*" },
        { "embedding", "*unexpected tensor 'base_model.model.shared.lora_embedding_A'*" },
        { "NaN", $"*adapter_model.safetensors: tensor '{A}' holds NaN or infinite numbers*AllowNonFinite*" },
        { "infinite", $"*tensor '{B}' holds NaN or infinite numbers*" },
        { "regex for ever", "*adapter_config.json: 'target_modules' holds '(([a-z0-9_.]+)*)*[A-Z]'*took more than 1 s*" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_refused_by_name(string what, string message)
    {
        PeftFolder.Copy(folder);
        Spoil(what);
        FluentActions.Invoking(Use).Should().Throw<Exception>().WithMessage(message).Which.Should().Match(e => e is AdapterException || e is AdapterMismatchException);
    }

    [Fact]
    public void The_folder_is_good_before_it_is_spoiled()
    {
        PeftFolder.Copy(folder);
        FluentActions.Invoking(Use).Should().NotThrow();
    }

    void Use()
    {
        using var scope = NewDisposeScope();
        using var model = Fixture.Vit();
        using var adapter = LoraAdapter.Load(folder.Path);
        using var composition = Composition.AttachUniform(model, [adapter]);
    }

    void Spoil(string what)
    {
        switch (what)
        {
            case "configuration missing": File.Delete(folder.File("adapter_config.json")); break;
            case "configuration invalid": folder.Write("adapter_config.json", "{\"r\":"u8.ToArray()); break;
            case "configuration oversized": folder.Write("adapter_config.json", [.. Enumerable.Repeat((byte)' ', (1 << 20) + 1)]); break;
            case "rank zero": PeftFolder.Set(folder, "r", "0"); break;
            case "rank below zero for a layer": PeftFolder.Set(folder, "rank_pattern", "{\"q_proj\":-1}"); break;
            case "alpha infinite": PeftFolder.Set(folder, "lora_alpha", "1e999"); break;
            case "alpha infinite for a layer": PeftFolder.Set(folder, "alpha_pattern", "{\"q_proj\":-1e999}"); break;
            case "regex for ever": PeftFolder.Set(folder, "target_modules", "\"(([a-z0-9_.]+)*)*[A-Z]\""); break;
            case "nothing matched in the model":
                PeftFolder.Set(folder, "target_modules", "\"all-linear\"");
                Change(tensors =>
                {
                    tensors.Clear();
                    tensors["base_model.model.blocks.0.attention.qkv.lora_A.weight"] = zeros(4, 32);
                    tensors["base_model.model.blocks.0.attention.qkv.lora_B.weight"] = zeros(96, 4);
                });
                break;
            default: Change(tensors => Spoil(tensors, what)); break;
        }
    }

    void Change(Action<Dictionary<string, Tensor>> change) => PeftFolder.Change(folder, change);

    static void Spoil(Dictionary<string, Tensor> tensors, string what)
    {
        switch (what)
        {
            case "lora_A alone": tensors.Remove(B); break;
            case "lora_B alone": tensors.Remove(A); break;
            case "input of another width": tensors[A] = zeros(4, 31); break;
            case "output of another width": tensors[B] = zeros(33, 4); break;
            case "no tensor": tensors.Clear(); break;
            case "unexpected key": tensors["base_model.model.vit.pooler.dense.weight"] = zeros(32, 32); break;
            case "embedding": tensors["base_model.model.shared.lora_embedding_A"] = zeros(4, 32); break;
            case "NaN": tensors[A][3, 31] = float.NaN; break;
            case "infinite": tensors[B][0, 0] = float.NegativeInfinity; break;
            default: throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }
}
