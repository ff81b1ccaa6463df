using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>Whether a task has a head of its own, which trains with every method and goes into the adapter.</summary>
static class TaskHead
{
    public static bool HasHead(this IAdaptableModel model) => model is IClassifierModel { Classifier: not null };
}
