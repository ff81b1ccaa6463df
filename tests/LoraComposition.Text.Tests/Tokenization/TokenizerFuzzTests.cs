using System.Text;
using LoraComposition.Fuzzing;
using LoraComposition.Models;

namespace LoraComposition.Text.Tests.Tokenization;

/// <summary>Spoilt tokenizer files: each is refused, or encodes texts to ids of its own vocabulary.</summary>
public sealed class TokenizerFuzzTests : IDisposable
{
    const string Json = """
        {"version":"1.0","added_tokens":[{"id":5,"content":"<extra_id_0>","special":true,"normalized":false,"lstrip":false,"rstrip":false,"single_word":false}],
         "model":{"type":"Unigram","unk_id":2,"byte_fallback":false,"vocab":[["<pad>",0],["</s>",0],["<unk>",0],["a",-1.5],["ab",-2]]}}
        """;

    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EverySpoiltModelIsRefusedOrEncodes()
    {
        // The whole model has a table of characters of 240 kB: spoilt bytes would nearly always fall into it.
        byte[] whole = TokenizerFixture.Model;
        byte[][] files = [whole];
        var kinds = Fuzz.Run<CheckpointException>(seed: 1, count: 300, random => random.Next(2) == 0 ? ByteMutator.Mutate(random, files) : Pieces(random, whole),
            input => Use(folder.Write("spiece.model", input.Bytes)));

        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(50);
    }

    [Fact]
    public void EverySpoiltTokenizerJsonIsRefusedOrEncodes()
    {
        var mutator = new JsonMutator("\"Unigram\"", "\"BPE\"", "[[\"a\",0]]", "[\"a\",0]", "[\"a\",-1,1]", "5", "6", "100000", "\"</s>\"", "{\"type\":\"NFKC\"}", "{\"type\":\"Metaspace\"}");
        var kinds = Fuzz.Run<CheckpointException>(seed: 1, count: 3000, random =>
        {
            var (kind, spoilt) = mutator.Mutate(random, Json);
            return new FuzzCase(kind, Encoding.Latin1.GetBytes(spoilt));
        }, input => Use(folder.Write("tokenizer.json", input.Bytes)));

        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(800);
        kinds.Values.Sum(kind => kind.Loaded).Should().BePositive();
    }

    [Fact]
    public void TheFilesAreValid()
    {
        folder.Write("tokenizer.json", Encoding.UTF8.GetBytes(Json));
        Use(folder.Path);
    }

    static FuzzCase Pieces(Random random, byte[] whole)
    {
        byte[] file = [.. whole];
        for (int changes = random.Next(1, 5); changes > 0; changes--) file[random.Next(4096)] = (byte)random.Next(256);
        return new FuzzCase("changed pieces", file);
    }

    static void Use(string path)
    {
        var tokenizer = T5Tokenizer.Load(File.Exists(path) ? Path.GetDirectoryName(path)! : path);
        int[] ids = [.. tokenizer.Encode("ab a\u00e9\U0001F600 <extra_id_0> \u0000\ud800 aaaaaaaa")];
        if (ids.Any(id => id < 0 || id >= tokenizer.VocabularySize)) throw new InvalidDataException($"An id of {tokenizer.VocabularySize} is out of its range: {string.Join(", ", ids)}.");
        _ = tokenizer.Decode(ids);
    }
}
