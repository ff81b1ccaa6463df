using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>
/// Follows the likeliest sequences of each input at once, as transformers does: of twice as many candidates as beams, those among the first half that end
/// are kept by their score, and the likeliest that do not end go on. Inputs that are done leave the batch.
/// </summary>
internal static class BeamSearch
{
    public static GenerationResult[] Run(INextTokens next, int inputs, int startId, int endId, GenerationOptions options, Device device, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        var beams = Enumerable.Range(0, inputs).Select(_ => new Beam(startId, endId, options)).ToArray();
        Beam[] active = beams;
        while (active.Length > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            // The rows of one input lie side by side.
            var likeliest = LikeliestTokens.Of(next, active.SelectMany(beam => beam.Running).Select(sequence => sequence.Token), 2 * options.Beams, device);
            var rows = new List<long>();
            int first = 0;
            bool inPlace = true;
            foreach (var beam in active)
            {
                int start = first, count = beam.Running.Count;
                var parents = beam.Advance(parent => likeliest.Row(start + parent));
                if (!beam.IsDone) rows.AddRange(parents.Select(parent => (long)start + parent));
                inPlace &= !beam.IsDone && parents.Count == count;
                first += count;
            }
            active = [.. active.Where(beam => !beam.IsDone)];
            progress?.Report(new(inputs - active.Length, inputs));
            if (active.Length > 0) Choose(next, rows, inPlace, device);
        }
        return [.. beams.Select(beam => beam.Result)];
    }

    static void Choose(INextTokens next, List<long> rows, bool inPlace, Device device)
    {
        if (inPlace && rows.Index().All(row => row.Item == row.Index)) return;
        using var chosen = tensor(rows, device: device);
        if (inPlace) next.Reorder(chosen);
        else next.Choose(chosen);
    }
}
