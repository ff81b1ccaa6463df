using System.Text.Json.Nodes;

namespace LoraComposition.Models;

/// <summary>Changes the settings in a ViT's <c>config.json</c> that a model can get after it was loaded, and leaves all others as they are.</summary>
internal static class VitConfigEdit
{
    static readonly string[] sections = ["pretrained_cfg", "model_args"];

    /// <summary>The change from what the settings say to what the model is; null where there is none.</summary>
    /// <param name="stored">What they say.</param>
    /// <param name="model">What the model is.</param>
    /// <param name="isTimm">Whether the settings are timm's.</param>
    public static Action<JsonObject>? Of(VitConfig stored, VitConfig model, bool isTimm)
    {
        bool otherClasses = !stored.ClassNames.SequenceEqual(model.ClassNames), otherSize = stored.ImageSize != model.ImageSize;
        if (!otherClasses && !otherSize) return null;
        bool getsHead = stored.ClassNames.Count == 0 && model.ClassNames.Count > 0;
        return config =>
        {
            if (otherClasses && isTimm) SetTimmClasses(config, model.ClassNames);
            if (otherClasses && !isTimm) SetClasses(config, model.ClassNames, getsHead ? model.Family.ClassifierName(model) : null);
            if (otherSize && isTimm) SetTimmSize(config, model.ImageSize);
            if (otherSize && !isTimm) model.Family.SetImageSize(config, model.ImageSize);
        };
    }

    static void SetClasses(JsonObject config, IReadOnlyList<string> names, string? architecture)
    {
        if (architecture is not null) config["architectures"] = new JsonArray(architecture);
        if (config.ContainsKey("num_labels")) config["num_labels"] = names.Count;
        config["id2label"] = new JsonObject(names.Select((name, i) => KeyValuePair.Create($"{i}", (JsonNode?)name)));
        // Two classes of one name have no way back.
        if (names.Distinct(StringComparer.Ordinal).Count() == names.Count)
            config["label2id"] = new JsonObject(names.Select((name, i) => KeyValuePair.Create(name, (JsonNode?)i)));
        else config.Remove("label2id");
    }

    static void SetTimmClasses(JsonObject config, IReadOnlyList<string> names)
    {
        config["num_classes"] = names.Count;
        foreach (var section in Sections(config).Where(section => section.ContainsKey("num_classes"))) section["num_classes"] = names.Count;
        config["label_names"] = new JsonArray([.. names.Select(name => (JsonNode?)name)]);
        // They tell of the classes before.
        config.Remove("label_descriptions");
    }

    static void SetTimmSize(JsonObject config, int side)
    {
        foreach (var section in Sections(config).Append(config).Where(section => section["input_size"] is JsonArray))
            section["input_size"] = new JsonArray(section["input_size"]![0]!.DeepClone(), side, side);
        if (config["model_args"] is JsonObject arguments && arguments.ContainsKey("img_size")) arguments["img_size"] = side;
    }

    static IEnumerable<JsonObject> Sections(JsonObject config) => sections.Select(name => config[name]).OfType<JsonObject>();
}
