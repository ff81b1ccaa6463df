namespace LoraComposition.Files;

/// <summary>What a tensor may be called, for reading and for writing.</summary>
internal static class SafetensorsName
{
    /// <summary>What is wrong with a name, or null where nothing is.</summary>
    public static string? Problem(string name)
    {
        if (name.Length == 0) return "is empty";
        if (name.Length > SafetensorsHeader.MaxNameLength) return $"is {name.Length} characters long, expected at most {SafetensorsHeader.MaxNameLength}";
        foreach (var character in name)
        {
            if (char.IsControl(character)) return $"holds the control character U+{(int)character:X4}";
        }
        return null;
    }
}
