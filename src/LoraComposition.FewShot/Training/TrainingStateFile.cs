using System.Text.Json;
using System.Text.Json.Serialization;
using LoraComposition.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// A file that a training goes on from after it was stopped: parameters, AdamW's moments, the best state and the checks so far. It is replaced at every check, whole
/// or not at all, so that a training that is killed loses no more than the steps since. What goes on gives the numbers of a training that was never stopped.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class TrainingStateFile
{
    const string KeyName = "lora_composition.training", StateName = "lora_composition.state";
    readonly string key;
    readonly bool resume;

    /// <summary>Names the file.</summary>
    /// <param name="path">Where it lies. Its folder is there.</param>
    /// <param name="key">What decides the numbers of the training, for example a hash of its data and settings: a file of another training is refused.</param>
    /// <param name="resume">Whether to go on from the file, where it is there. Otherwise the training starts anew and replaces it. Default true.</param>
    public TrainingStateFile(string path, string key, bool resume = true)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        (Path, this.key, this.resume) = (path, key, resume);
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Whether it is there.</summary>
    public bool Exists => File.Exists(Path);

    /// <summary>Removes the file, where it is there: the training has ended.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public void Delete() => File.Delete(Path);

    /// <summary>Keeps the present state.</summary>
    internal void Write(TrainingStep training, BestState best, TrainingPosition position)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (i, parameter) in training.Parameters.Index()) tensors[$"parameter.{i}"] = parameter.detach();
        foreach (var (i, (first, second)) in training.Moments.Index()) (tensors[$"first.{i}"], tensors[$"second.{i}"]) = (first, second);
        foreach (var (i, kept) in best.Kept.Index()) tensors[$"best.{i}"] = kept;
        SafetensorsWriter.Write(Path, tensors, new Dictionary<string, string> { [KeyName] = key, [StateName] = JsonSerializer.Serialize(position, TrainingPositionJson.Default.TrainingPosition) });
    }

    /// <summary>Puts the kept state back.</summary>
    /// <returns>Where the training was; null where it starts anew.</returns>
    /// <exception cref="ModelFileException">The file is damaged, or of another training.</exception>
    internal TrainingPosition? Restore(TrainingStep training, BestState best)
    {
        if (!resume || !Exists) return null;
        using var file = SafetensorsFile.Open(Path);
        if (!file.Metadata.TryGetValue(KeyName, out string? found)) throw new ModelFileException(Path, "it holds no state of a training; remove it, or start without resuming.");
        if (found != key) throw new ModelFileException(Path, "it is the state of a training with other data or settings; give those again, or start without resuming.");
        var position = Position(file, training.Parameters.Count);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var moments = training.Moments;
        for (int i = 0; i < training.Parameters.Count; i++)
        {
            training.Parameters[i].copy_(Read(file, $"parameter.{i}", training.Parameters[i]));
            moments[i].First.copy_(Read(file, $"first.{i}", training.Parameters[i]));
            moments[i].Second.copy_(Read(file, $"second.{i}", training.Parameters[i]));
        }
        training.SetStep(position.Step);
        training.GiveBack();
        if (position.Best is { } kept)
            best.Put(kept.Step, kept.Score, [.. training.Parameters.Select((parameter, i) => Read(file, $"best.{i}", parameter))]);
        return position;
    }

    TrainingPosition Position(SafetensorsFile file, int parameters)
    {
        try
        {
            if (file.Metadata.TryGetValue(StateName, out string? text) && JsonSerializer.Deserialize(text, TrainingPositionJson.Default.TrainingPosition) is { } position && position.IsSound
                && file.Tensors.Count == parameters * (position.Best is null ? 3 : 4)) return position;
        }
        catch (JsonException)
        {
            // Said below.
        }
        throw new ModelFileException(Path, "what it says of the training cannot be; remove it, or start without resuming.");
    }

    static Tensor Read(SafetensorsFile file, string name, Tensor like)
    {
        if (!file.Tensors.TryGetValue(name, out var info)) throw new ModelFileException(file.Path, $"tensor '{name}' is missing; remove the file, or start without resuming.");
        if (!info.Shape.SequenceEqual(like.shape) || info.Dtype != like.dtype)
            throw new ModelFileException(file.Path, $"tensor '{name}': expected {like.dtype} [{string.Join(", ", like.shape)}], found {info.Dtype} [{string.Join(", ", info.Shape)}]; remove the file, or start without resuming.");
        var value = file.Read(name);
        return value.isfinite().all().item<bool>() ? value.to(like.device)
            : throw new ModelFileException(file.Path, $"tensor '{name}' holds NaN or infinite numbers; remove the file, or start without resuming.");
    }
}

/// <summary>How far a training is.</summary>
/// <param name="Step">The steps that were made.</param>
/// <param name="Unimproved">The checks since the best one.</param>
/// <param name="Best">The best state so far; null where there is no validation part.</param>
/// <param name="History">The checks so far.</param>
sealed record TrainingPosition(int Step, int Unimproved, BestCheck? Best, IReadOnlyList<TrainingCheck> History)
{
    /// <summary>Whether the numbers can be those of a training.</summary>
    public bool IsSound => Step > 0 && Unimproved >= 0 && History is { Count: > 0 } && History.All(check => check.Step >= 0 && check.Step <= Step) && (Best is null || (Best.Step >= 0 && Best.Step <= Step));
}

/// <summary>The check whose state is kept.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Score">Its score.</param>
sealed record BestCheck(int Step, ValidationScore Score);

[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrainingPosition))]
sealed partial class TrainingPositionJson : JsonSerializerContext;
