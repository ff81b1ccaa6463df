using System.Text.Json;

namespace LoraComposition;

/// <summary>Which settings of <c>adapter_config.json</c> leave an adapter plain LoRA, and why the others are refused.</summary>
internal static class PeftSettings
{
    const string Retrain = "train the adapter again without it";

    const string Unknown = "this setting is not known and may change what the adapter computes; remove it if it does not";

    /// <summary>Settings that are read elsewhere, or that only told the trainer what to do.</summary>
    static readonly HashSet<string> harmless = new(StringComparer.Ordinal)
    {
        "alpha_pattern", "auto_mapping", "base_model_name_or_path", "corda_config", "ensure_weight_tying", "eva_config", "exclude_modules", "fan_in_fan_out",
        "inference_mode",
        "init_lora_weights", "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha", "lora_dropout", "lora_ga_config", "megatron_core",
        "modules_to_save", "peft_type",
        "peft_version", "qalora_group_size", "r", "rank_pattern", "revision", "runtime_config", "target_modules", "task_type", "use_rslora",
    };

    static readonly Dictionary<string, string> refusals = new(StringComparer.Ordinal)
    {
        ["alora_invocation_tokens"] = "the update acts on some tokens only; " + Retrain,
        ["arrow_config"] = "the adapter is a router over other adapters; load those one by one",
        ["bias"] = "the adapter also holds trained biases, which would be dropped; train it again with bias 'none'",
        ["kasa_config"] = "the update is not the product B·A alone; " + Retrain,
        ["layer_replication"] = "the adapter needs layers that the base model does not have; " + Retrain,
        ["lora_bias"] = "lora_B has a bias, which would be dropped; " + Retrain,
        ["megatron"] = "its layers are split over devices; merge them with Megatron first",
        ["megatron_config"] = "its layers are split over devices; merge them with Megatron first",
        ["monteclora_config"] = "the update is random; " + Retrain,
        ["target_parameters"] = "it adapts parameters that are not linear layers; name the layers in target_modules",
        ["trainable_token_indices"] = "the adapter also holds trained embeddings, which would be dropped; " + Retrain,
        ["use_bdlora"] = "the factors are block-diagonal; " + Retrain,
        ["use_dora"] = "DoRA rescales each output by a learned magnitude, which would be dropped; " + Retrain,
        ["use_qalora"] = "the update acts on pooled inputs; " + Retrain,
        ["velora_config"] = Unknown,
    };

    /// <summary>Ways to start that change the base model's weights, by how their names begin.</summary>
    static readonly string[] baseChanging = ["pissa", "olora", "corda", "lora_ga", "loftq"];

    static readonly HashSet<string> plainStarts = new(StringComparer.Ordinal) { "gaussian", "eva", "orthogonal" };

    /// <summary>Refuses every setting that makes the adapter something other than plain LoRA.</summary>
    /// <param name="config">The configuration, an object.</param>
    /// <param name="path">Its file.</param>
    /// <param name="warnings">Gets what is not known but switched off.</param>
    /// <exception cref="AdapterException">A setting is refused; the message says why and what to do.</exception>
    public static void Check(JsonElement config, string path, List<string> warnings)
    {
        // Another kind of adapter has other settings, none of which is the reason.
        if (!config.TryGetProperty("peft_type", out var type)) throw new AdapterException(path, "'peft_type' is missing, expected \"LORA\".");
        if (!IsText(type, "LORA")) throw new AdapterException(path, AdapterKinds.Refusal(type));
        foreach (var setting in config.EnumerateObject())
        {
            if (harmless.Contains(setting.Name)) continue;
            var known = refusals.TryGetValue(setting.Name, out var reason);
            if (IsBlank(setting.Value))
            {
                if (!known) warnings.Add($"'{setting.Name}' is {Shown(setting.Value)}: this setting is not known and is taken to be switched off.");
                continue;
            }
            if (setting.Name == "bias" && IsText(setting.Value, "none")) continue;
            throw new AdapterException(path, $"'{setting.Name}' is {Shown(setting.Value)}: {reason ?? Unknown}.");
        }
        if (config.TryGetProperty("init_lora_weights", out var start)) CheckStart(start, path);
    }

    /// <summary>A value for messages, shortened.</summary>
    public static string Shown(JsonElement value)
    {
        const int Longest = 80;
        var text = value.GetRawText();
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }

    static void CheckStart(JsonElement start, string path)
    {
        if (start.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null) return;
        if (start.ValueKind != JsonValueKind.String) throw new AdapterException(path, $"'init_lora_weights' is {Shown(start)}, expected true, false or a name.");
        var name = start.GetString()!;
        if (plainStarts.Contains(name)) return;
        throw new AdapterException(path, baseChanging.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            ? $"'init_lora_weights' is '{name}', which changed the base model's weights, so the update does not fit the original model; in PEFT, save it again with path_initial_model_for_weight_conversion."
            : $"'init_lora_weights' is '{name}', which is not known; expected true, false, {string.Join(", ", plainStarts.Order(StringComparer.Ordinal))}.");
    }

    static bool IsText(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    static bool IsBlank(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };
}
