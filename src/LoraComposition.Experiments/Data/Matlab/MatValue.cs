namespace LoraComposition.Experiments;

/// <summary>A value of a MATLAB file. Only what lists of pictures are made of is kept.</summary>
internal abstract record MatValue;

/// <summary>Real numbers, column by column.</summary>
internal sealed record MatNumbers(double[] Values) : MatValue;

/// <summary>A text of one line.</summary>
internal sealed record MatText(string Value) : MatValue;

/// <summary>A cell array.</summary>
internal sealed record MatCells(MatValue[] Items) : MatValue;

/// <summary>A structure array: the items of each field.</summary>
internal sealed record MatStructs(int Count, IReadOnlyDictionary<string, MatValue[]> Fields) : MatValue;

/// <summary>Something else: complex or sparse numbers, an object.</summary>
internal sealed record MatOther : MatValue;
