using System.Diagnostics;
using LoraComposition;
using LoraComposition.FewShot;
using LoraComposition.Models;
using Server;
using static TorchSharp.torch;

// Serves what the consumer's program has trained, and is its own crowd of clients: 50 at once from a cold start, 2,000 requests in all.
const int AtOnce = 50, WarmUp = 500, All = 2_000;
// The threads' own memory comes to some 30 MiB, in which small tensors would hide: those are counted.
const long MostGrowth = 64L << 20, MostTensors = 100;
// A thread for each request at once, from the first.
ThreadPool.SetMinThreads(AtOnce, AtOnce);
Directory.SetCurrentDirectory(args[0]);
string[] files = [.. Directory.EnumerateFiles("pictures", "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
byte[][] pictures = [.. files.Select(File.ReadAllBytes)];
if (args is [_, "warm"]) return await WarmService.RunAsync(pictures[0]);

// The composition stays attached: its weights are merged at the first use, which is the crowd's.
using var adapter = LoraAdapter.Load("trained");
var (model, composition) = Load();
var predictor = new ImagePredictor(model, ImageBaseModel.Open("vit").Preprocessing);

var builder = WebApplication.CreateBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls("http://127.0.0.1:0");
await using var app = builder.Build();
int arrived = 0;
var crowd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
app.MapPost("/predict", async (HttpRequest request, CancellationToken cancellation) =>
{
    using var picture = new MemoryStream();
    await request.Body.CopyToAsync(picture, cancellation);
    // None of the first computes before all of them are there: they find the model cold together.
    if (Interlocked.Increment(ref arrived) == AtOnce) crowd.SetResult();
    await crowd.Task.WaitAsync(cancellation);
    return predictor.Predict(picture.ToArray(), top: 1, cancellation)[0];
});
await app.StartAsync();

using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
var answers = new ClassProbability?[All];
await Ask(0, WarmUp);
var (warm, warmTensors) = (Memory(), Tensor.TotalCount);
await Ask(WarmUp, All);
var (growth, tensors) = (Memory() - warm, Tensor.TotalCount - warmTensors);
await app.StopAsync();
composition.Dispose();
model.Dispose();

// One thread, another copy of the model.
var (other, otherComposition) = Load();
var expected = new ImagePredictor(other, ImageBaseModel.Open("vit").Preprocessing);
var right = pictures.Select(picture => expected.Predict(picture, top: 1)[0]).ToArray();
otherComposition.Dispose();
other.Dispose();
int wrong = answers.Index().Count(answer => answer.Item is not { } given || given.ClassName != right[answer.Index % right.Length].ClassName
    || Math.Abs(given.Probability - right[answer.Index % right.Length].Probability) > 1e-5);
Console.WriteLine($"served {All} requests, {AtOnce} at once from a cold start: {wrong} wrong answers, memory grew by {growth >> 10} KiB and {tensors} tensors after the first {WarmUp}");
if (wrong > 0) return Fail("answers differ from those of one thread");
if (tensors > MostTensors) return Fail($"{tensors} tensors more are alive after {All - WarmUp} requests, expected at most {MostTensors}");
return growth > MostGrowth ? Fail($"the memory grew by {growth} bytes, expected at most {MostGrowth}") : 0;

(VisionTransformer, Composition) Load()
{
    var loaded = VisionTransformer.Load("vit");
    loaded.SetHead(adapter.Head!);
    return (loaded, Composition.AttachUniform(loaded, [adapter]));
}

async Task Ask(int from, int to) => await Parallel.ForEachAsync(Enumerable.Range(from, to - from), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, cancellation) =>
{
    using var response = await client.PostAsync("/predict", new ByteArrayContent(pictures[i % pictures.Length]), cancellation);
    response.EnsureSuccessStatusCode();
    answers[i] = await response.Content.ReadFromJsonAsync<ClassProbability>(cancellation);
});

static long Memory()
{
    GC.Collect();
    GC.WaitForPendingFinalizers();
    using var process = Process.GetCurrentProcess();
    return process.WorkingSet64;
}

static int Fail(string what)
{
    Console.Error.WriteLine($"Server: {what}");
    return 1;
}
