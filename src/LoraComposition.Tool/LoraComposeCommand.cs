using System.CommandLine;
using System.CommandLine.Help;
using LoraComposition.CommandLine;

namespace LoraComposition.Tool;

/// <summary>The tool's command line: one command for each thing it does.</summary>
static class LoraComposeCommand
{
    const string Description = """
        Trains, inspects, checks and composes LoRA adapters (PEFT folders), for a base model or of any architecture without one.

        Examples:
          lora-compose train --base vit-base-patch32-224-in21k --data flowers --out adapters/flowers
          lora-compose inspect adapters/eurosat
          lora-compose check --base vit-base-patch32-224-in21k --adapter adapters/eurosat --adapter adapters/flowers
          lora-compose compose --base vit-base-patch32-224-in21k --adapter adapters/eurosat --adapter adapters/flowers --out composed
          lora-compose compose --adapter llama-a llama-b llama-c --method ties --density 0.3 --out merged
          lora-compose adapt --base vit-base-patch32-224-in21k --adapter adapters/eurosat --adapter adapters/flowers --data my-images --shots 5 --out my-model
          lora-compose predict --model my-model --images photos
          lora-compose evaluate --model my-model --data my-test-images --out evaluation
          lora-compose export --model my-model --out my-model.onnx
          lora-compose report results/label-shift --out report.html

        Exit codes: 0 done, 1 the input was refused, 2 wrong usage, 130 stopped with Ctrl+C.
        """;

    public static Task<int> InvokeAsync(string[] arguments)
    {
        var root = new RootCommand(Description) { CommonOptions.Json, HubInputs.Offline };
        Command[] computing = [TrainCommand.Create(), InspectCommand.Create(), CheckCommand.Create(), ComposeCommand.Create(), FisherCommand.Create(), AdaptCommand.Create(),
            PredictCommand.Create(), EvaluateCommand.Create(), ExportCommand.Create()];
        foreach (var command in (Command[])[.. computing, ReportCommand.Create()]) root.Subcommands.Add(command);
        ProgramOptions.AddTo(root, computing);
        foreach (var help in root.Options.OfType<HelpOption>()) help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root.Parse(arguments).InvokeWithExitCodesAsync("Stopped. Nothing was written.");
    }
}
