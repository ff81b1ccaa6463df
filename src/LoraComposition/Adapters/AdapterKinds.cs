using System.Text.Json;

namespace LoraComposition;

/// <summary>The kinds of adapters that are not LoRA, by which their files name them, and how their tensors are called.</summary>
internal static class AdapterKinds
{
    const string Reason = "only LoRA adapters can be composed";

    /// <summary>What PEFT's <c>peft_type</c> means, where the word alone does not tell.</summary>
    static readonly Dictionary<string, string> names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ADALORA"] = "AdaLoRA",
        ["ADAPTION_PROMPT"] = "an adaption prompt (LLaMA-Adapter)",
        ["BONE"] = "Bone",
        ["CPT"] = "context-aware prompt tuning (CPT)",
        ["DELORA"] = "DeLoRA",
        ["FOURIERFT"] = "FourierFT",
        ["GRALORA"] = "GraLoRA",
        ["LN_TUNING"] = "tuned layer norms",
        ["LOHA"] = "LoHa",
        ["LOKR"] = "LoKr",
        ["MISS"] = "MiSS",
        ["MULTITASK_PROMPT_TUNING"] = "multitask prompt tuning",
        ["POLY"] = "Poly",
        ["PREFIX_TUNING"] = "prefix tuning",
        ["PROMPT_TUNING"] = "prompt tuning",
        ["P_TUNING"] = "P-tuning",
        ["RANDLORA"] = "RandLora",
        ["ROAD"] = "RoAd",
        ["SHIRA"] = "SHiRA",
        ["TRAINABLE_TOKENS"] = "trained tokens",
        ["VBLORA"] = "VB-LoRA",
        ["VERA"] = "VeRA",
        ["WAVEFT"] = "WaveFT",
        ["XLORA"] = "X-LoRA, a router over LoRA adapters",
    };

    /// <summary>Parts of tensors' names that only one kind of adapter has.</summary>
    static readonly (string Part, string Kind)[] tensors =
    [
        ("ia3_l", "IA3"), ("hada_w", "LoHa"), ("lokr_w", "LoKr"), ("lokr_t", "LoKr"), ("lora_E", "AdaLoRA"), ("vera_lambda_", "VeRA"), ("vera_A", "VeRA"), ("oft_r", "OFT"),
        ("oft_blocks", "OFT"), ("boft_", "BOFT"), ("hra_u", "HRA"), ("fourierft_spectrum", "FourierFT"), ("randlora_", "RandLora"), ("vblora_", "VB-LoRA"), ("bone_", "Bone"),
        ("miss_", "MiSS"), ("c3a_kernel", "C3A"), ("shira_weight", "SHiRA"), ("waveft_spectrum", "WaveFT"), ("prompt_embeddings", "prompt tuning"), ("prompt_encoder", "P-tuning"),
        ("adaption_prompt", "an adaption prompt (LLaMA-Adapter)"), ("trainable_tokens_delta", "trained tokens"), ("lora_magnitude_vector", "DoRA"), ("dora_scale", "DoRA"),
    ];

    /// <summary>Why an adapter with such a <c>peft_type</c> is refused.</summary>
    public static string Refusal(JsonElement type) => type.ValueKind == JsonValueKind.String && type.GetString() is { Length: > 0 and <= 40 } name
        ? $"'peft_type' is {PeftSettings.Shown(type)}: the adapter is {names.GetValueOrDefault(name, name)}, not LoRA; {Reason}."
        : $"'peft_type' is {PeftSettings.Shown(type)}, expected \"LORA\"; {Reason}.";

    /// <summary>What kind of adapter a tensor shows by its name; null where it shows none.</summary>
    public static string? OfTensor(string name) => tensors.FirstOrDefault(known => name.Contains(known.Part, StringComparison.Ordinal)).Kind;

    /// <summary>The end of a message about a tensor that no LoRA adapter has.</summary>
    public static string AboutTensor(string name, string otherwise) => OfTensor(name) is { } kind ? $"the adapter is {kind}, not LoRA, and {Reason}." : otherwise;
}
