namespace LoraComposition.Tool;

/// <summary>What <c>compose</c> writes.</summary>
enum ComposeForm
{
    /// <summary>One adapter in PEFT's form.</summary>
    Adapter,

    /// <summary>The whole model with the composition added to its weights.</summary>
    Checkpoint,
}
