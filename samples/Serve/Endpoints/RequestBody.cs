using System.Globalization;

namespace Serve;

/// <summary>Reads a request into memory, within the limit of its size.</summary>
static class RequestBody
{
    /// <summary>The whole body.</summary>
    public static async Task<byte[]> ReadAsync(HttpRequest request, ServeSettings settings, CancellationToken cancellation)
    {
        byte[] body = await RefusingAsync(request, settings, () => ReadAsync(request.Body, cancellation));
        return body.Length > 0 ? body : throw new RequestRefusedException(StatusCodes.Status400BadRequest, "the body is empty; expected what to classify.");
    }

    /// <summary>A part of a body.</summary>
    public static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellation);
        return bytes.ToArray();
    }

    /// <summary>Reads, and says in a request's own terms why it cannot be read.</summary>
    public static async Task<T> RefusingAsync<T>(HttpRequest request, ServeSettings settings, Func<Task<T>> read)
    {
        // What is announced need not be sent first.
        if (request.ContentLength > settings.MaxUpload) throw TooLarge(request, settings);
        try
        {
            return await read();
        }
        catch (BadHttpRequestException e)
        {
            throw e.StatusCode == StatusCodes.Status413PayloadTooLarge ? TooLarge(request, settings) : new RequestRefusedException(e.StatusCode, e.Message);
        }
        catch (InvalidDataException e)
        {
            throw new RequestRefusedException(StatusCodes.Status400BadRequest, $"the form cannot be read: {e.Message}");
        }
    }

    /// <summary>What the client says that the body is, without parameters.</summary>
    public static string MediaType(HttpRequest request) => (request.ContentType ?? "").Split(';')[0].Trim();

    static RequestRefusedException TooLarge(HttpRequest request, ServeSettings settings)
    {
        bool isText = MediaType(request) is var type && (type.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || type.Equals("application/json", StringComparison.OrdinalIgnoreCase));
        return new(StatusCodes.Status413PayloadTooLarge,
            string.Create(CultureInfo.InvariantCulture, $"a request has at most {settings.MaxUpload / (double)(1 << 20):0.###} MB; make the {(isText ? "text shorter" : "picture smaller")} or send fewer."));
    }
}
