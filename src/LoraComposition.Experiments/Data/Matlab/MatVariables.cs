using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>The variables of a MATLAB file, asked for as what they should be.</summary>
internal sealed class MatVariables(string file)
{
    readonly IReadOnlyDictionary<string, MatValue> variables = MatFile.Read(file);

    public string File => file;

    /// <summary>A list of integers of at least 1, as MATLAB counts.</summary>
    public int[] Counts(string name) => Variable<MatNumbers>(name, "numbers").Values.Select((value, i) => Count(value, $"'{name}', entry {i + 1}")).ToArray();

    /// <summary>A list of texts.</summary>
    public string[] Texts(string name) => Variable<MatCells>(name, "a list of texts").Items.Select((item, i) => Text(item, $"'{name}', entry {i + 1}")).ToArray();

    /// <summary>A list of structures: one text field and one field of an integer of at least 1.</summary>
    public IEnumerable<(string Place, string Text, int Count)> Entries(string name, string textField, string countField)
    {
        var structs = Variable<MatStructs>(name, "a list of structures");
        foreach (string field in new[] { textField, countField })
        {
            if (!structs.Fields.ContainsKey(field))
                throw new DataException(file, $"'{name}': expected a field '{field}', found {Excerpt.Of(string.Join(", ", structs.Fields.Keys))}; use the file with labels (…_withlabels.mat).");
        }
        for (int i = 0; i < structs.Count; i++)
        {
            string place = $"'{name}', entry {i + 1}";
            int count = structs.Fields[countField][i] is MatNumbers { Values: [var value] } ? Count(value, place) : throw new DataException(file, $"{place}: expected one number in '{countField}'.");
            yield return (place, Text(structs.Fields[textField][i], place), count);
        }
    }

    T Variable<T>(string name, string kind) where T : MatValue => variables.GetValueOrDefault(name) as T
        ?? throw new DataException(file, $"expected a variable '{name}' of {kind}, found {(variables.ContainsKey(name) ? "another kind" : $"the variables {Excerpt.Of(string.Join(", ", variables.Keys))}")}.");

    int Count(double value, string place) => value >= 1 && value <= int.MaxValue && value == Math.Floor(value) ? (int)value
        : throw new DataException(file, $"{place}: expected an integer of at least 1, found {value}.");

    string Text(MatValue value, string place) => value is MatText { Value: { Length: > 0 } text } ? text : throw new DataException(file, $"{place}: expected a text, found something else.");
}
