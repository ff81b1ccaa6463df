using System.Net;
using System.Text;
using System.Text.Json;
using LoraComposition.FewShot;
using Microsoft.Extensions.DependencyInjection;
using Serve.Tests.Support;

namespace Serve.Tests;

public sealed class TextTests(ServedTexts models)
{
    static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    static StringContent Plain(string body) => new(body, Encoding.UTF8, "text/plain");

    static void Same((string Name, double Probability)[] answer, IReadOnlyList<ClassProbability> expected)
    {
        answer.Select(c => c.Name).Should().Equal(expected.Select(c => c.ClassName));
        foreach (var (one, other) in answer.Zip(expected)) one.Probability.Should().BeApproximately(other.Probability, 1e-6);
    }

    [Fact]
    public async Task A_text_gets_what_the_predictor_says()
    {
        await using var server = await RunningServer.StartWarmAsync(models.Labelled);
        var expected = server.Services.GetRequiredService<TextPredictor>().Predict("which word is the apple", RunningServer.Top);

        Same((await (await server.Client.PostAsync("predict", Plain("which word is the apple"))).JsonAsync()).Classes(), expected);
        Same((await (await server.Client.PostAsync("predict", Json("""{"text":"which word is the apple"}"""))).JsonAsync()).Classes(), expected);
        var classes = await (await server.Client.GetAsync("classes")).JsonAsync();
        classes.GetProperty("takes").GetString().Should().Be("texts");
        classes.GetProperty("classes").EnumerateArray().Select(c => c.GetString()).Should().Equal("fruits", "animals");
        (await server.Client.GetStringAsync("metrics")).Should().Contain("lora_composition_predict_texts");
    }

    [Fact]
    public async Task A_batch_is_answered_in_its_order_and_an_empty_text_does_not_stop_it()
    {
        await using var server = await RunningServer.StartWarmAsync(models.Labelled);
        var predictor = server.Services.GetRequiredService<TextPredictor>();

        var response = await server.Client.PostAsync("predict/batch", Json("""[{"text":"apple"},{"text":" "},{"text":"goat"}]"""));

        var texts = (await response.JsonAsync()).GetProperty("texts").EnumerateArray().ToArray();
        Same(texts[0].Classes(), predictor.Predict("apple", RunningServer.Top));
        texts[1].GetProperty("refusal").GetString().Should().Contain("found none or an empty one");
        Same(texts[2].Classes(), predictor.Predict("goat", RunningServer.Top));
    }

    [Fact]
    public async Task A_question_brings_its_choices()
    {
        await using var server = await RunningServer.StartWarmAsync(models.Questions);

        var answer = await (await server.Client.PostAsync("predict", Json("""{"question":"which is red","choices":["apple","goat","saw"]}"""))).JsonAsync();

        answer.Classes().Should().HaveCount(RunningServer.Top).And.OnlyContain(c => new[] { "apple", "goat", "saw" }.Contains(c.Name));
        await (await server.Client.PostAsync("predict", Plain("a text"))).ShouldRefuseAsync(400, "*this model answers questions*");
        await (await server.Client.PostAsync("predict", Json("""{"question":"q","choices":["a"]}"""))).ShouldRefuseAsync(400, "*at least 2 options*");
        await (await server.Client.PostAsync("predict", Json("""{"question":"q","choices":["a",null]}"""))).ShouldRefuseAsync(400, "*a text for each option*");
    }

    [Fact]
    public async Task What_is_no_text_is_refused()
    {
        await using var server = await RunningServer.StartWarmAsync(models.Labelled);
        var client = server.Client;

        await (await client.PostAsync("predict", Upload.Body([1, 2, 3]))).ShouldRefuseAsync(415, "*expected application/json*");
        await (await client.PostAsync("predict", Json("{"))).ShouldRefuseAsync(400, "*but the body is not that*");
        await (await client.PostAsync("predict", Json("null"))).ShouldRefuseAsync(400, "*found null*");
        await (await client.PostAsync("predict", Json("""{"text":7}"""))).ShouldRefuseAsync(400, "*but the body is not that*");
        await (await client.PostAsync("predict", Plain(""))).ShouldRefuseAsync(400, "*the body is empty*");
        await (await client.PostAsync("predict/batch", Json("[]"))).ShouldRefuseAsync(400, "*the list is empty*");
        await (await client.PostAsync("predict/batch", Json("[null]"))).ShouldRefuseAsync(400, "*a text is null*");
        string many = JsonSerializer.Serialize(Enumerable.Repeat(new { text = "a" }, RunningServer.MaxBatch + 1));
        await (await client.PostAsync("predict/batch", Json(many))).ShouldRefuseAsync(413, "*at most 20 texts*");
        (await client.PostAsync("predict", Json("""{"text":"apple"}"""))).StatusCode.Should().Be(HttpStatusCode.OK);
        // Last: the server closes a connection whose body it has not read.
        await (await client.PostAsync("predict", Plain(new string('a', (int)RunningServer.MaxUpload + 1)))).ShouldRefuseAsync(413, "a request has at most 0.063 MB; make the text shorter or send fewer.");
    }
}
