namespace LoraComposition.Fuzzing;

/// <summary>Spoils files without knowing their format: flipped bits, cuts, splices.</summary>
public static class ByteMutator
{
    /// <summary>One mutation of one of the files.</summary>
    public static FuzzCase Mutate(Random random, byte[][] files)
    {
        var file = (byte[])files[random.Next(files.Length)].Clone();
        switch (random.Next(5))
        {
            case 0:
                for (var flips = random.Next(1, 9); flips > 0; flips--) file[random.Next(file.Length)] ^= (byte)(1 << random.Next(8));
                return new("flipped bits", file);
            case 1:
                for (var changes = random.Next(1, 5); changes > 0; changes--) file[random.Next(file.Length)] = "\0\u0001 \"{}[],:09-e\\\u007f\u0080\u00ff"u8[random.Next(20)];
                return new("changed bytes", file);
            case 2: return new("truncation", file[..random.Next(file.Length)]);
            case 3:
                var end = new byte[random.Next(1, 17)];
                random.NextBytes(end);
                return new("appended bytes", [.. file, .. end]);
            default:
                var other = files[random.Next(files.Length)];
                return new("splice", [.. file[..random.Next(file.Length)], .. other[random.Next(other.Length)..]]);
        }
    }
}
