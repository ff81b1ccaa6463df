using LoraComposition.Tool;

return await LoraComposeCommand.InvokeAsync(args);
