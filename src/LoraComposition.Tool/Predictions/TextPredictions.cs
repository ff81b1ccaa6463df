using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary>What <c>predict</c> says of texts, one after the other.</summary>
/// <param name="predictor">The model.</param>
/// <param name="top">The number of labels or choices to name.</param>
sealed class TextPredictions(TextPredictor predictor, int top)
{
    const string Input = "standard input";

    /// <summary>Of the texts of a file.</summary>
    /// <exception cref="DataException">The file is refused; the message names its line.</exception>
    public IEnumerable<SamplePrediction> OfFile(string file, IProgressReporter progress, CancellationToken cancellation)
    {
        var questions = AskedTexts.Read(file, predictor.Labels);
        return questions.Zip(predictor.Predict(questions, top, progress, cancellation), (question, classes) => new SamplePrediction(question.Question, classes));
    }

    /// <summary>Of lines, each answered before the next is read; what cannot be read is a refusal.</summary>
    public IEnumerable<SamplePrediction> OfLines(TextReader input, CancellationToken cancellation) =>
        InputLines.Read(input, cancellation).Select((line, i) => OfLine(line, i + 1, cancellation));

    SamplePrediction OfLine(string line, int number, CancellationToken cancellation)
    {
        try
        {
            var question = AskedTexts.Parse(Input, number, line, predictor.Labels);
            return new SamplePrediction(question.Question, predictor.Predict(question, top, cancellation));
        }
        catch (DataException e)
        {
            return new SamplePrediction(line, [], e);
        }
    }
}
