using System.CommandLine;
using LoraComposition.FewShot.Progress;
using PretrainFoundation;

var folder = new Option<string>("--out") { Description = "The folder to write the model to.", Required = true };
var classes = new Option<int>("--classes") { Description = "The number of fractal classes.", DefaultValueFactory = _ => 100 };
var perClass = new Option<int>("--per-class") { Description = "The images of each class.", DefaultValueFactory = _ => 200 };
var epochs = new Option<int>("--epochs") { Description = "The passes over the images.", DefaultValueFactory = _ => 10 };
var seed = new Option<int>("--seed") { Description = "The seed of everything random.", DefaultValueFactory = _ => 0 };
var command = new RootCommand("Pre-trains the small vision transformer that the samples start from, on fractals of classes that no sample uses.") { folder, classes, perClass, epochs, seed };
// In a task, because Ctrl+C is listened to only once the action has returned.
command.SetAction((result, cancellation) => Task.Run(() =>
{
    using var progress = ProgressReporter.ForStandardError();
    var settings = new PretrainingSettings { Classes = result.GetValue(classes), PerClass = result.GetValue(perClass), Epochs = result.GetValue(epochs), Seed = result.GetValue(seed) };
    Pretraining.Run(settings, result.GetValue(folder)!, progress, cancellation);
    return 0;
}, CancellationToken.None));
return await command.Parse(args).InvokeAsync();
