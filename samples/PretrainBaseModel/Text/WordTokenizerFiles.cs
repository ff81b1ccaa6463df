using LoraComposition.FewShot;
using LoraComposition.Files;
using LoraComposition.Text;

namespace PretrainBaseModel.Text;

/// <summary>Writes the tokenizer of a T5 whose pieces are whole words: <c>spiece.model</c>, as sentencepiece would train it on a closed vocabulary, and <c>tokenizer_config.json</c>.</summary>
static class WordTokenizerFiles
{
    const string Config = """
        {
          "eos_token": "</s>",
          "extra_ids": 0,
          "pad_token": "<pad>",
          "tokenizer_class": "T5Tokenizer",
          "unk_token": "<unk>"
        }

        """;

    // ModelProto, TrainerSpec and NormalizerSpec of sentencepiece_model.proto.
    const int Pieces = 1, Trainer = 2, Normalizer = 3;
    const int PieceText = 1, PieceScore = 2, PieceType = 3;
    const int ModelType = 3, VocabularySize = 4, UnknownId = 40, StartId = 41, EndId = 42, PadId = 43;
    const int NormalizerName = 1, DummyPrefix = 3, RemoveExtraBlanks = 4, EscapeBlanks = 5;
    const int UnknownPlace = 2;
    const int Unigram = 1, Normal = 1, Unknown = 2, Control = 3;

    public static void Write(string folder, IReadOnlyList<string> words)
    {
        byte[] model = Model(words);
        AtomicFile.Write(Path.Combine(folder, "spiece.model"), model);
        AtomicFile.Write(Path.Combine(folder, "tokenizer_config.json"), Config);
    }

    static byte[] Model(IReadOnlyList<string> words)
    {
        var model = new ProtobufWriter()
            // T5's order: the ids of these three are their places.
            .Add(Pieces, Piece("<pad>", 0, Control))
            .Add(Pieces, Piece("</s>", 0, Control))
            .Add(Pieces, Piece("<unk>", 0, Unknown));
        // All words are equally likely, so that the cut with the fewest pieces wins.
        float score = -MathF.Log(words.Count);
        foreach (string word in words) model.Add(Pieces, Piece($"\u2581{word}", score, Normal));
        model.Add(Trainer, new ProtobufWriter().Add(ModelType, Unigram).Add(VocabularySize, words.Count + 3).Add(UnknownId, UnknownPlace).Add(StartId, -1).Add(EndId, T5Tokenizer.EndId).Add(PadId, T5Tokenizer.PadId));
        // The characters stay as they are.
        model.Add(Normalizer, new ProtobufWriter().Add(NormalizerName, "identity").Add(DummyPrefix, true).Add(RemoveExtraBlanks, true).Add(EscapeBlanks, true));
        return model.Bytes.ToArray();
    }

    static ProtobufWriter Piece(string text, float score, int type) => new ProtobufWriter().Add(PieceText, text).Add(PieceScore, score).Add(PieceType, type);
}
