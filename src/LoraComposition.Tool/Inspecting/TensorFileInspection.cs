namespace LoraComposition.Tool;

/// <summary>A safetensors file by itself.</summary>
sealed record TensorFileInspection : Inspection
{
    public override string Kind => "safetensors";
}
