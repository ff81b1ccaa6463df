using Documentation.Tests.Support;
using LoraComposition;
using LoraComposition.FewShot;

namespace Documentation.Tests.Snippets;

public class FewShotSnippets
{
    [Fact]
    public void A_folder_of_labelled_images()
    {
        using var workplace = new Workplace();
        {
            #region adapt
            var baseModel = ImageBaseModel.Open("vit");
            var adaptation = new ImageAdaptation(baseModel, LoraAdapter.LoadAll("modules"), new ImageAdaptationOptions
            {
                Shots = 5,
                Methods = [new LearnedComposition(), new UniformComposition(), new ClassifierTuning()],
            });
            using var result = adaptation.Run(ImageFolderSplits.Open("my-images"), NullProgressReporter.Instance);
            Console.WriteLine(result.Report.Verdict);
            result.Save("my-model");
            #endregion
        }
        {
            #region predict
            using var adapted = AdaptedModel.Load("my-model");
            var predictor = new ImagePredictor(adapted);
            foreach (var prediction in predictor.Predict(["photos/one.png"], top: 1, NullProgressReporter.Instance))
                Console.WriteLine($"{prediction.Path}: {prediction.Classes[0]}");
            #endregion
            adapted.Info.Should().NotBeNull();
        }
    }
}
