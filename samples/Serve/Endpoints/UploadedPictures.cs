using Microsoft.AspNetCore.Http.Features;

namespace Serve;

/// <summary>Reads pictures from a request, into memory and within the limits. What the client calls its files is not looked at.</summary>
static class UploadedPictures
{
    const string Form = "multipart/form-data";

    /// <summary>The one picture of a request: its body, or the only file of its form.</summary>
    public static async Task<byte[]> ReadOneAsync(HttpRequest request, ServeSettings settings, CancellationToken cancellation)
    {
        if (IsForm(request))
        {
            var files = await ReadFormAsync(request, settings, cancellation);
            return files.Count == 1 ? files[0] : throw new RequestRefusedException(StatusCodes.Status400BadRequest,
                $"expected one file in the form, found {files.Count}; /predict/batch takes several.");
        }
        string type = RequestBody.MediaType(request);
        if (!type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) && !type.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase))
            throw new RequestRefusedException(StatusCodes.Status415UnsupportedMediaType,
                $"expected a picture as the body (Content-Type image/jpeg, image/png, … or application/octet-stream) or as a file of a form ({Form}).");
        return await RequestBody.ReadAsync(request, settings, cancellation);
    }

    /// <summary>The pictures of a form, in their order.</summary>
    public static async Task<IReadOnlyList<byte[]>> ReadAllAsync(HttpRequest request, ServeSettings settings, CancellationToken cancellation)
    {
        if (!IsForm(request)) throw new RequestRefusedException(StatusCodes.Status415UnsupportedMediaType, $"expected the pictures as files of a form ({Form}).");
        var files = await ReadFormAsync(request, settings, cancellation);
        return files.Count > 0 ? files : throw new RequestRefusedException(StatusCodes.Status400BadRequest, "the form has no file; expected pictures.");
    }

    static async Task<IReadOnlyList<byte[]>> ReadFormAsync(HttpRequest request, ServeSettings settings, CancellationToken cancellation)
    {
        return await RequestBody.RefusingAsync(request, settings, async () =>
        {
            // The whole form is in memory at most: nothing of it is written to a file.
            var form = await request.ReadFormAsync(new FormOptions
            {
                MemoryBufferThreshold = (int)settings.MaxUpload,
                MultipartBodyLengthLimit = settings.MaxUpload,
            }, cancellation);
            if (form.Files.Count > settings.MaxBatch)
                throw new RequestRefusedException(StatusCodes.Status413PayloadTooLarge,
                    $"expected at most {settings.MaxBatch} pictures in a request, found {form.Files.Count}; send them in several.");
            var files = new List<byte[]>();
            foreach (var file in form.Files)
            {
                await using var content = file.OpenReadStream();
                files.Add(await RequestBody.ReadAsync(content, cancellation));
            }
            return files;
        });
    }

    static bool IsForm(HttpRequest request) => RequestBody.MediaType(request).Equals(Form, StringComparison.OrdinalIgnoreCase);
}
