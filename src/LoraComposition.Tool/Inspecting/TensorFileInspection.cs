namespace LoraComposition.Tool.Inspecting;

/// <summary>A safetensors file by itself.</summary>
sealed record TensorFileInspection : Inspection
{
    public override string Kind => "safetensors";
}
