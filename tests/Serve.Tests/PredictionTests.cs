using System.Net;
using LoraComposition.FewShot;
using Microsoft.Extensions.DependencyInjection;
using Serve.Tests.Support;

namespace Serve.Tests;

public sealed class PredictionTests(ServedModel model) : IAsyncLifetime
{
    RunningServer server = null!;

    HttpClient Client => server.Client;

    public async ValueTask InitializeAsync() => server = await RunningServer.StartWarmAsync(model);

    public async ValueTask DisposeAsync() => await server.DisposeAsync();

    [Theory]
    [InlineData("image/png")]
    [InlineData("application/octet-stream")]
    public async Task A_picture_gets_what_the_predictor_says(string type)
    {
        var answer = await (await Client.PostAsync("predict", Upload.Body(model.Pictures[0], type))).JsonAsync();

        Same(answer.Classes(), Expected(model.Pictures[0]));
    }

    [Fact]
    public async Task A_file_of_a_form_is_a_picture_too()
    {
        var answer = await (await Client.PostAsync("predict", Upload.Form(model.Pictures[1]))).JsonAsync();

        Same(answer.Classes(), Expected(model.Pictures[1]));
    }

    [Fact]
    public async Task A_batch_is_answered_in_its_order_and_a_damaged_picture_does_not_stop_it()
    {
        var response = await Client.PostAsync("predict/batch", Upload.Form(model.Pictures[0], [1, 2, 3], model.Pictures[7]));

        var pictures = (await response.JsonAsync()).GetProperty("pictures").EnumerateArray().ToArray();
        response.StatusCode.Should().Be(HttpStatusCode.OK);
        Same(pictures[0].Classes(), Expected(model.Pictures[0]));
        pictures[1].GetProperty("refusal").GetString().Should().StartWith("picture 2: expected a ");
        Same(pictures[2].Classes(), Expected(model.Pictures[7]));
    }

    /// <summary>More than there are turns, so that some wait.</summary>
    [Fact]
    public async Task Many_at_once_get_what_they_get_alone()
    {
        var serial = new List<(string, double)[]>();
        foreach (byte[] picture in model.Pictures) serial.Add(await AskAsync(picture));

        var parallel = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => AskAsync(model.Pictures[i % model.Pictures.Count])));

        for (int i = 0; i < parallel.Length; i++) Same(parallel[i], serial[i % serial.Count]);
    }

    [Fact]
    public async Task The_classes_are_those_of_the_model()
    {
        var answer = await (await Client.GetAsync("classes")).JsonAsync();

        answer.GetProperty("classes").EnumerateArray().Select(c => c.GetString()).Should().Equal(server.Services.GetRequiredService<ImagePredictor>().ClassNames);
    }

    [Fact]
    public async Task What_is_no_picture_is_refused()
    {
        await (await Client.PostAsync("predict", Upload.Body([1, 2, 3]))).ShouldRefuseAsync(400, "the picture: expected a *");
        await (await Client.PostAsync("predict", Upload.Body(model.Pictures[0][..40]))).ShouldRefuseAsync(400, "the picture: *damaged*");
        await (await Client.PostAsync("predict", Upload.Body([]))).ShouldRefuseAsync(400, "the body is empty*");
        await (await Client.PostAsync("predict", Upload.Body(model.Pictures[0], "text/plain"))).ShouldRefuseAsync(415, "expected a picture as the body*");
        await (await Client.PostAsync("predict", null)).ShouldRefuseAsync(415, "expected a picture as the body*");
        await (await Client.PostAsync("predict", Upload.Form(model.Pictures[0], model.Pictures[1]))).ShouldRefuseAsync(400, "expected one file*found 2*");
        await (await Client.PostAsync("predict/batch", Upload.Body(model.Pictures[0]))).ShouldRefuseAsync(415, "expected the pictures as files of a form*");
        await (await Client.PostAsync("predict/batch", new FormUrlEncodedContent([]))).ShouldRefuseAsync(415, "expected the pictures as files of a form*");
        await (await Client.PostAsync("predict/batch", new MultipartFormDataContent { { new StringContent("text"), "field" } })).ShouldRefuseAsync(400, "the form has no file*");
        await (await Client.PostAsync("predict/batch", Upload.Body([1, 2, 3], "multipart/form-data"))).ShouldRefuseAsync(400, "the form cannot be read*");
        (await Client.GetAsync("predict")).StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
        (await Client.GetAsync("nothing")).Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
    }

    [Theory]
    [InlineData("predict", false)]
    [InlineData("predict/batch", true)]
    public async Task What_is_too_large_is_refused_whether_announced_or_not(string path, bool form)
    {
        HttpContent content = form ? Upload.Form(new byte[RunningServer.MaxUpload]) : Upload.Body(new byte[RunningServer.MaxUpload + 1]);
        // The refusal comes before the body is sent.
        using var announced = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        announced.Headers.ExpectContinue = true;
        await (await Client.SendAsync(announced)).ShouldRefuseAsync(413, "a request has at most 0.063 MB; make the picture smaller or send fewer.");

        using var chunked = new HttpRequestMessage(HttpMethod.Post, path) { Content = form ? Upload.Form(new byte[RunningServer.MaxUpload]) : Upload.Body(new byte[RunningServer.MaxUpload + 1]) };
        chunked.Headers.TransferEncodingChunked = true;
        await (await Client.SendAsync(chunked)).ShouldRefuseAsync(413, "a request has at most 0.063 MB; make the picture smaller or send fewer.");
    }

    [Fact]
    public async Task Too_many_pictures_are_refused()
    {
        byte[][] pictures = [.. Enumerable.Repeat(model.Pictures[0], RunningServer.MaxBatch + 1)];

        await (await Client.PostAsync("predict/batch", Upload.Form(pictures))).ShouldRefuseAsync(413, "expected at most 20 pictures in a request, found 21*");
        (await Client.PostAsync("predict/batch", Upload.Form(pictures[1..]))).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    /// <summary>A client that goes while its request waits for its turn: nothing is computed for it.</summary>
    [Fact]
    public async Task A_client_that_goes_is_not_computed_for()
    {
        var gate = server.Services.GetRequiredService<PredictionGate>();
        using var full = new FullGate(gate);
        using var gone = new CancellationTokenSource();
        double before = await server.MetricAsync("lora_composition_predict_pictures_total");

        var request = Client.PostAsync("predict", Upload.Body(model.Pictures[0]), gone.Token);
        await Until(() => gate.Waiting == 1);
        await gone.CancelAsync();
        await request.Invoking(r => r).Should().ThrowAsync<OperationCanceledException>();
        await Until(() => gate.Waiting == 0);
        full.Open();
        await full.Ended;

        (await server.MetricAsync("lora_composition_predict_pictures_total")).Should().Be(before);
        Same(await AskAsync(model.Pictures[0]), Expected(model.Pictures[0]));
    }

    static async Task Until(Func<bool> condition)
    {
        while (!condition()) await Task.Delay(5, TestContext.Current.CancellationToken);
    }

    async Task<(string, double)[]> AskAsync(byte[] picture) => (await (await Client.PostAsync("predict", Upload.Body(picture))).JsonAsync()).Classes();

    (string, double)[] Expected(byte[] picture)
    {
        using var own = AdaptedModel.Load(model.Folder);
        return [.. new ImagePredictor(own).Predict(picture, RunningServer.Top).Select(c => (c.ClassName, c.Probability))];
    }

    static void Same((string Name, double Probability)[] found, (string Name, double Probability)[] expected)
    {
        found.Select(c => c.Name).Should().Equal(expected.Select(c => c.Name));
        foreach (var (one, other) in found.Zip(expected)) one.Probability.Should().BeApproximately(other.Probability, 1e-5);
    }
}
