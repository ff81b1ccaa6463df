namespace LoraComposition.Experiments;

/// <summary>Keeps the encoded pictures of the row groups that were used last, so that a pass in order reads each group once, and a small data set is read once and for all.</summary>
/// <param name="capacity">The number of bytes to keep; the last group is kept whatever its size.</param>
internal sealed class PictureCache(long capacity)
{
    readonly Lock gate = new();
    readonly LinkedList<((int File, int Group) Key, byte[]?[] Pictures)> recent = new();
    readonly Dictionary<(int File, int Group), LinkedListNode<((int File, int Group) Key, byte[]?[] Pictures)>> nodes = [];
    long size;

    public byte[]?[] Get(int file, int group, Func<byte[]?[]> load)
    {
        lock (gate)
        {
            if (nodes.TryGetValue((file, group), out var node)) recent.Remove(node);
            else
            {
                node = new(((file, group), load()));
                nodes.Add((file, group), node);
                size += SizeOf(node.Value.Pictures);
            }
            recent.AddFirst(node);
            while (size > capacity && recent.Count > 1) Drop(recent.Last!);
            return node.Value.Pictures;
        }
    }

    void Drop(LinkedListNode<((int File, int Group) Key, byte[]?[] Pictures)> node)
    {
        recent.Remove(node);
        nodes.Remove(node.Value.Key);
        size -= SizeOf(node.Value.Pictures);
    }

    static long SizeOf(byte[]?[] pictures) => pictures.Sum(p => p?.LongLength ?? 0);
}
