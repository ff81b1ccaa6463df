namespace LoraComposition.Experiments;

/// <summary>What an array holds, by the numbers of the format; 6 to 15 are the types of numbers.</summary>
internal enum MatClass
{
    Cell = 1,
    Struct = 2,
    Object = 3,
    Char = 4,
    Sparse = 5,
    FirstNumeric = 6,
    LastNumeric = 15,
}
