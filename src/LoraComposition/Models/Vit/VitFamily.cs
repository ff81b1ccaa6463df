using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraComposition.Models;

/// <summary>
/// A family of vision transformers: how its <c>config.json</c> is read and written, which parts it has, and what its tensors and layers are called. The blocks are the
/// same for all.
/// </summary>
internal abstract class VitFamily
{
    /// <summary>The families that transformers has. timm's models are told by another field.</summary>
    static readonly VitFamily[] all = [PlainVit.Family, Deit.Family, Dinov2.Family, Dinov2.WithRegisters, Clip.Family, Siglip.Family];

    /// <summary>What <c>model_type</c> may be.</summary>
    public static IReadOnlyList<string> AllModelTypes { get; } = [.. all.SelectMany(family => family.ModelTypes)];

    /// <summary>The values of <c>model_type</c> that are this family's.</summary>
    public abstract IReadOnlyList<string> ModelTypes { get; }

    /// <summary>The family of a configuration.</summary>
    /// <exception cref="CheckpointException">It is no vision transformer's.</exception>
    public static VitFamily Of(ConfigFields fields)
    {
        if (TimmConfig.IsOne(fields)) return TimmVit.Family;
        // Configurations of the plain ViT may leave their type out.
        if (fields.Text("model_type") is not { } type) return PlainVit.Family;
        return Array.Find(all, family => family.ModelTypes.Contains(type)) ?? throw fields.Expected("model_type",
            $"{Words.Or(AllModelTypes)} (a vision transformer, which images need)", fields.Find("model_type")!.Value);
    }

    /// <summary>The shape that the settings and the headers of the weights give.</summary>
    /// <exception cref="CheckpointException">A setting has the wrong type, or asks for what this library does not compute.</exception>
    public abstract VitConfig Read(ConfigFields fields, CheckpointFiles files);

    /// <summary>The names of the tensors of a checkpoint.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="tensors">The names of the tensors it holds.</param>
    public abstract VitLayout LayoutOf(VitConfig config, IEnumerable<string> tensors);

    /// <summary>The names of the tensors of a checkpoint that is written.</summary>
    public abstract VitLayout LayoutFor(VitConfig config);

    /// <summary>Writes the settings of a model, as members of an object that is open.</summary>
    public abstract void Write(Utf8JsonWriter json, VitConfig config);

    /// <summary>What files call a linear layer: first since transformers 5, then up to transformers 4, then by others.</summary>
    public abstract IEnumerable<TensorSource> LayerNames(VitConfig config, int block, LinearRole role);

    /// <summary>What files call a linear layer after the last block: one of the attention pool's, or the projection.</summary>
    public virtual IEnumerable<TensorSource> PoolingNames(VitConfig config, LinearRole role) => throw new NotSupportedException($"A {GetType().Name} has no such layer.");

    /// <summary>What transformers calls the class that has the model and a head; null where it has none that computes this.</summary>
    public abstract string? ClassifierName(VitConfig config);

    /// <summary>What transformers calls the class that makes pictures ready for the model.</summary>
    public abstract string ImageProcessor { get; }

    /// <summary>Puts another size of the images into settings that are kept otherwise.</summary>
    public virtual void SetImageSize(JsonObject config, int side) => config["image_size"] = side;

    /// <summary>Whether transformers takes images of any size, by interpolating the positions, without being asked.</summary>
    public virtual bool TakesAnySize => false;
}

/// <summary>Lists in messages.</summary>
internal static class Words
{
    /// <summary><c>"a", "b" or "c"</c>.</summary>
    public static string Or(IEnumerable<string> names)
    {
        string[] quoted = [.. names.Select(name => $"\"{name}\"")];
        return quoted.Length < 2 ? string.Concat(quoted) : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
    }
}
