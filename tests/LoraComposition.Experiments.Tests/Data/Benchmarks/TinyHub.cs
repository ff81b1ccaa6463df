using System.Text.Json;
using LoraComposition.FewShot.Tests.Data.Folders;
using Parquet;
using Parquet.Schema;
using SkiaSharp;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

/// <summary>Small Parquet files in the layout of the hub's image data sets.</summary>
internal static class TinyHub
{
    /// <summary>A picture of one pixel whose red value tells which one it is.</summary>
    public static byte[] Picture(int red, SKEncodedImageFormat format = SKEncodedImageFormat.Png) => Pictures.Encode(format, 1, 1, (_, _) => new SKColor((byte)red, 0, 0));

    public static HubRow[] Rows(params int[] labels) => [.. labels.Select((label, i) => new HubRow(Picture(i), label))];

    /// <summary>The file as bytes, in row groups of two rows unless told otherwise.</summary>
    public static byte[] File(IReadOnlyList<HubRow> rows, string[]? names = null, string image = "image", string label = "label", string? metadata = null, int groupRows = 2)
    {
        var fields = new List<Field> { new StructField(image, new DataField<byte[]>("bytes"), new DataField<string>("path")), new DataField<long?>(label) };
        bool domains = rows.Any(r => r.Domain is not null);
        if (domains) fields.Insert(1, new DataField<string>("domain"));
        var schema = new ParquetSchema(fields);
        using var stream = new MemoryStream();
        WriteAsync().GetAwaiter().GetResult();
        return stream.ToArray();

        async Task WriteAsync()
        {
            await using var writer = await ParquetWriter.CreateAsync(schema, stream, new ParquetOptions { ColumnEncodingHints = { ["domain"] = EncodingHint.Dictionary } });
            metadata ??= names is null ? null : JsonSerializer.Serialize(new { info = new { features = new Dictionary<string, object> { [label] = new { names, _type = "ClassLabel" } } } });
            if (metadata is not null) writer.CustomMetadata = new Dictionary<string, string> { ["huggingface"] = metadata };
            foreach (var chunk in rows.Chunk(groupRows))
            {
                using var group = writer.CreateRowGroup();
                var columns = new Queue<DataField>(schema.GetDataFields());
                await group.WriteAsync(columns.Dequeue(), [.. chunk.Select(r => r.Image!)]);
                await group.WriteAsync(columns.Dequeue(), [.. chunk.Select(_ => "picture.png")]);
                if (domains) await group.WriteAsync(columns.Dequeue(), [.. chunk.Select(r => r.Domain!)]);
                await group.WriteAsync<long>(columns.Dequeue(), (ReadOnlyMemory<long?>)chunk.Select(r => r.Label).ToArray());
            }
        }
    }
}
