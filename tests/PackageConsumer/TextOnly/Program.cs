using LoraComposition.Text;

// Takes a folder with spiece.model; its output holds no image library.
return args is [var folder] ? TextExample.Show(folder) : 0;

static class TextExample
{
    public static int Show(string folder)
    {
        Directory.SetCurrentDirectory(folder);
        // LoraComposition.Text
        var tokenizer = T5Tokenizer.Load("flan-t5");                              // spiece.model, tokenizer_config.json
        using var questions = tokenizer.EncodeBatch(["which is larger (A) two (B) nine"]);
        Console.WriteLine($"{questions.Ids.shape[1]} tokens: {tokenizer.Decode(tokenizer.Encode("nine"))}");
        // end
        if (questions.Ids.shape is [1, > 1] && tokenizer.Decode(tokenizer.Encode("nine")) == "nine") return 0;
        Console.Error.WriteLine("TextOnly: the text does not come back from its tokens");
        return 1;
    }
}
