using System.Text;

namespace LoraComposition.Experiments;

/// <summary>Text in LaTeX.</summary>
static class LatexText
{
    /// <summary>Escapes what LaTeX gives a meaning, breaks up its ligatures and sets ±, – and |Θ| in commands that every engine has.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder();
        string marked = text.Replace("|Θ|", "\uE000", StringComparison.Ordinal);
        for (int i = 0; i < marked.Length; i++)
        {
            escaped.Append(Command(marked[i]) ?? (char.IsControl(marked[i]) ? " " : marked[i].ToString()));
            if (marked[i] == '-' && i + 1 < marked.Length && marked[i + 1] == '-') escaped.Append("{}");
        }
        return escaped.ToString();
    }

    static string? Command(char c) => c switch
    {
        '\\' => "\\textbackslash{}",
        '{' or '}' or '#' or '$' or '%' or '&' or '_' => $"\\{c}",
        '~' => "\\textasciitilde{}",
        '^' => "\\textasciicircum{}",
        '<' => "\\textless{}",
        '>' => "\\textgreater{}",
        '|' => "\\textbar{}",
        '"' => "\\char34{}",
        '`' => "\\char96{}",
        '\'' => "\\char39{}",
        '±' => "$\\pm$",
        '–' => "--",
        '…' => "\\ldots{}",
        '→' => "$\\rightarrow$",
        '\uE000' => "$|\\Theta|$",
        _ => null,
    };
}
