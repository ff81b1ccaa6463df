using System.CommandLine;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;
using PretrainBaseModel.Images;
using PretrainBaseModel.Text;

var folder = new Option<string>("--out") { Description = "The folder to write the model to.", Required = true };
var seed = new Option<int>("--seed") { Description = "The seed of everything random.", DefaultValueFactory = _ => 0 };

var classes = new Option<int>("--classes") { Description = "The number of fractal classes.", DefaultValueFactory = _ => 100 };
var perClass = new Option<int>("--per-class") { Description = "The images of each class.", DefaultValueFactory = _ => 200 };
var epochs = new Option<int>("--epochs") { Description = "The passes over the images.", DefaultValueFactory = _ => 10 };
var images = new Command("images", "Pre-trains a small vision transformer, on fractals of classes that no sample uses.") { folder, classes, perClass, epochs, seed };
SetAction(images, (result, progress, cancellation) => ImagePretraining.Run(
    new() { Classes = result.GetValue(classes), PerClass = result.GetValue(perClass), Epochs = result.GetValue(epochs), Seed = result.GetValue(seed) }, result.GetValue(folder)!, progress, cancellation));

var draws = new Option<int>("--draws") { Description = "How many sets of questions are drawn.", DefaultValueFactory = _ => 192 };
var perTask = new Option<int>("--per-task") { Description = "The questions of each task in a set.", DefaultValueFactory = _ => 500 };
var text = new Command("text", "Pre-trains a small T5, on kinds of questions that no sample adapts it to.") { folder, draws, perTask, seed };
SetAction(text, (result, progress, cancellation) => TextPretraining.Run(
    new() { Draws = result.GetValue(draws), PerTask = result.GetValue(perTask), Seed = result.GetValue(seed) }, result.GetValue(folder)!, progress, cancellation));

var vocabulary = new Option<string>("--vocabulary") { Description = "A folder that holds spiece.model, as a T5 checkpoint does.", Required = true };
var width = new Option<int>("--width") { Description = "The width of the hidden states, a multiple of 16.", DefaultValueFactory = _ => 64 };
var random = new Command("random-text", "Makes a small T5 with random weights over a given vocabulary, to try an experiment on real texts where no trained model is at hand. Its answers are chance.") { folder, vocabulary, width, seed };
random.SetAction(result =>
{
    int asked = result.GetValue(width);
    if (asked < 16 || asked % 16 != 0) throw new UsageException($"--width {asked}: expected a multiple of 16.");
    string written = result.GetValue(folder)!;
    Console.WriteLine($"{RandomTextModel.Write(result.GetValue(vocabulary)!, asked, result.GetValue(seed), written):N0} random weights. Saved to {written}.");
    return ExitCodes.Done;
});

var root = new RootCommand("Makes the small models that the samples start from.") { images, text, random };
ProgramOptions.AddTo(root);
return await root.Parse(args).InvokeWithExitCodesAsync("Stopped. Nothing was written.");

// In a task, because Ctrl+C is listened to only once the action has returned.
static void SetAction(Command command, Action<ParseResult, IProgressReporter, CancellationToken> pretrain) => command.SetAction((result, cancellation) => Task.Run(() =>
{
    using var progress = ProgressReporter.ForStandardError();
    pretrain(result, progress, cancellation);
    return ExitCodes.Done;
}, CancellationToken.None));
