using System.Text.Json;
using Parquet;
using Parquet.Schema;

namespace LoraComposition.FewShot.Tests.Questions;

/// <summary>Made-up rows in the layouts of the four data sets.</summary>
internal static class TinyQuestions
{
    /// <summary>A row of ARC or CommonsenseQA as their authors write it; labels A, B, C … where none are given.</summary>
    public static string Nested(string id, string stem, string[] texts, string? answerKey, string? labels = null) => JsonSerializer.Serialize(new
    {
        id,
        question = new { stem, choices = texts.Select((text, i) => new { text, label = Labels(texts.Length, labels)[i].ToString() }) },
        answerKey,
    });

    public static string SciQ(string question, string answer, string support, string first = "salt", string second = "iron", string third = "air") =>
        JsonSerializer.Serialize(new { question, distractor3 = third, distractor1 = first, distractor2 = second, correct_answer = answer, support });

    public static string Quail(string id, string question, string[] answers, object answer, string context = "Mia fed the cat.\nThen she slept.") =>
        JsonSerializer.Serialize(new { id, question_type = "Causality", question, answers, correct_answer_id = answer, context_id = "f1", context });

    /// <summary>The hub's file of ARC or CommonsenseQA.</summary>
    public static byte[] ChoicesParquet(params (string? Id, string Question, string?[] Texts, string Labels, string? AnswerKey)[] rows)
    {
        var id = new DataField<string>("id");
        var question = new DataField<string>("question");
        var choices = new StructField("choices", new ListField("text", new DataField<string>("element")), new ListField("label", new DataField<string>("element")));
        return Parquet(new ParquetSchema(id, question, choices, new DataField<string>("answerKey")), async (group, fields) =>
        {
            await group.WriteAsync(fields[0], [.. rows.Select(r => r.Id!)]);
            await group.WriteAsync(fields[1], [.. rows.Select(r => r.Question)]);
            await group.WriteAsync(fields[2], [.. rows.SelectMany(r => r.Texts)!], Starts(rows.Select(r => r.Texts.Length)));
            await group.WriteAsync(fields[3], [.. rows.SelectMany(r => r.Labels.Select(l => l.ToString()))], Starts(rows.Select(r => r.Labels.Length)));
            await group.WriteAsync(fields[4], [.. rows.Select(r => r.AnswerKey!)]);
        });
    }

    /// <summary>The hub's file of QuAIL, in two row groups.</summary>
    public static byte[] QuailParquet(params (string Id, string Question, string[] Answers, int Answer, string Context)[] rows)
    {
        var schema = new ParquetSchema(
            new DataField<string>("id"), new StructField("metadata", new DataField<string>("title")), new DataField<string>("context"), new DataField<string>("question"),
            new ListField("answers", new DataField<string>("element")), new DataField<int>("correct_answer_id"));
        return Parquet(schema, [.. rows.Chunk((rows.Length + 1) / 2).Select<(string Id, string Question, string[] Answers, int Answer, string Context)[], Func<ParquetRowGroupWriter, DataField[], Task>>(half => async (group, fields) =>
        {
            await group.WriteAsync(fields[0], [.. half.Select(r => r.Id)]);
            await group.WriteAsync(fields[1], [.. half.Select(_ => "a title")]);
            await group.WriteAsync(fields[2], [.. half.Select(r => r.Context)]);
            await group.WriteAsync(fields[3], [.. half.Select(r => r.Question)]);
            await group.WriteAsync(fields[4], [.. half.SelectMany(r => r.Answers)], Starts(half.Select(r => r.Answers.Length)));
            await group.WriteAsync<int>(fields[5], half.Select(r => r.Answer).ToArray());
        })]);
    }

    public static byte[] SciQParquet(params (string Question, string Answer, string Support)[] rows)
    {
        string[] names = ["question", "distractor3", "distractor1", "distractor2", "correct_answer", "support"];
        return Parquet(new ParquetSchema(names.Select(n => new DataField<string>(n))), async (group, fields) =>
        {
            await group.WriteAsync(fields[0], [.. rows.Select(r => r.Question)]);
            foreach (int i in new[] { 1, 2, 3 }) await group.WriteAsync(fields[i], [.. rows.Select(_ => $"wrong {i}")]);
            await group.WriteAsync(fields[4], [.. rows.Select(r => r.Answer)]);
            await group.WriteAsync(fields[5], [.. rows.Select(r => r.Support)]);
        });
    }

    static byte[] Parquet(ParquetSchema schema, params Func<ParquetRowGroupWriter, DataField[], Task>[] groups)
    {
        using var stream = new MemoryStream();
        WriteAsync().GetAwaiter().GetResult();
        return stream.ToArray();

        async Task WriteAsync()
        {
            await using var writer = await ParquetWriter.CreateAsync(schema, stream);
            foreach (var write in groups)
            {
                using var group = writer.CreateRowGroup();
                await write(group, schema.GetDataFields());
            }
        }
    }

    static string Labels(int count, string? labels) => labels ?? "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[..count];

    static ReadOnlyMemory<int>? Starts(IEnumerable<int> lengths) => lengths.SelectMany(n => Enumerable.Range(0, n).Select(i => Math.Min(i, 1))).ToArray();
}
