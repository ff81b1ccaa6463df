using System.CommandLine;
using LoraComposition.CommandLine;
using LoraComposition.CommandLine.Backends;
using LoraComposition.FewShot.Progress;
using PretrainFoundation.Images;
using PretrainFoundation.Text;

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

var root = new RootCommand("Pre-trains the small models that the samples start from.") { images, text };
BackendOptions.AddTo(root);
return await root.Parse(args).InvokeWithExitCodesAsync("Stopped. Nothing was written.");

// In a task, because Ctrl+C is listened to only once the action has returned.
static void SetAction(Command command, Action<ParseResult, IProgressReporter, CancellationToken> pretrain) => command.SetAction((result, cancellation) => Task.Run(() =>
{
    using var progress = ProgressReporter.ForStandardError();
    pretrain(result, progress, cancellation);
    return ExitCodes.Done;
}, CancellationToken.None));
