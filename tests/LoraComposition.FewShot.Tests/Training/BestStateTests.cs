using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Training;

public sealed class BestStateTests
{
    [Fact]
    public void KeepsTheBestNotTheLast()
    {
        using var parameter = new Parameter(zeros(3));
        using var best = new BestState([parameter], StoppingCriterion.Accuracy);
        best.Score.Should().BeNull();

        Offer(1, 0.3).Should().BeTrue();
        Offer(2, 0.8).Should().BeTrue();
        Offer(3, 0.5).Should().BeFalse();
        Offer(4, 0.8).Should().BeFalse("an equal state is not better");
        best.Restore();

        (best.Step, best.Score!.Value.Accuracy).Should().Be((2, 0.8));
        parameter.data<float>().ToArray().Should().Equal(2, 2, 2);

        bool Offer(int step, double accuracy)
        {
            using var noGrad = no_grad();
            parameter.fill_(step);
            return best.Offer(step, new ValidationScore(accuracy, 1));
        }
    }

    [Fact]
    public void LeavesParametersAloneWhereNothingWasOffered()
    {
        using var parameter = new Parameter(ones(2));
        using var best = new BestState([parameter], StoppingCriterion.Accuracy);

        best.Restore();

        parameter.data<float>().ToArray().Should().Equal(1, 1);
    }
}
