namespace LoraComposition.Tool;

/// <summary>What was opened one after the other and is closed together, also where one of them could not be opened.</summary>
sealed class DisposableList<T> : IDisposable where T : IDisposable
{
    readonly List<T> opened = [];

    public IReadOnlyList<T> Fill(IEnumerable<T> items)
    {
        foreach (var item in items) opened.Add(item);
        return opened;
    }

    public void Dispose() => opened.ForEach(item => item.Dispose());
}
