using System.Net.Http.Headers;
using System.Text.Json;

namespace Serve.Tests.Support;

/// <summary>What a client sends, and what it reads of the answers.</summary>
static class Upload
{
    public static ByteArrayContent Body(byte[] picture, string type = "image/png")
    {
        var content = new ByteArrayContent(picture);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    public static MultipartFormDataContent Form(params byte[][] pictures)
    {
        var form = new MultipartFormDataContent();
        foreach (byte[] picture in pictures) form.Add(Body(picture), "file", "../../etc/passwd");
        return form;
    }

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }

    public static (string Name, double Probability)[] Classes(this JsonElement answer) =>
        [.. answer.GetProperty("classes").EnumerateArray().Select(c => (c.GetProperty("name").GetString()!, c.GetProperty("probability").GetDouble()))];

    /// <summary>The answer is a problem of this status that says something like it.</summary>
    public static async Task ShouldRefuseAsync(this HttpResponseMessage response, int status, string detail)
    {
        ((int)response.StatusCode).Should().Be(status);
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        (await response.JsonAsync()).GetProperty("detail").GetString().Should().Match(detail);
    }
}
