using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public class ImageTasksTests
{
    [Fact]
    public void ATaskHoldsOutAPartOfEachClassAndIsUsableUntilTheyAreDisposed()
    {
        using var experiment = new TinyExperiment();
        var tasks = new ImageTasks(experiment.BaseModel.Preprocessing, 2);
        var train = new FractalDataset([1, 2, 3], 5, TinyModel.ImageSize);

        var task = tasks.Create("shapes", train, new FractalDataset([1, 2, 3], 4, TinyModel.ImageSize, firstInstance: 5));

        task.Name.Should().Be("shapes");
        task.Validation.GroupBy(train.Label).Select(g => g.Count()).Should().Equal(2, 2, 2);
        task.Pool.Concat(task.Validation).Should().BeEquivalentTo(Enumerable.Range(0, 15));
        task.Test!.Dataset.Count.Should().Be(12);
        tasks.Create("learned only", train).Test.Should().BeNull();
        task.Train.Prepare([0]);
        tasks.Dispose();
        FluentActions.Invoking(() => task.Train.Prepare([0])).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => new ImageTasks(experiment.BaseModel.Preprocessing, 0)).Should().Throw<ArgumentOutOfRangeException>();
    }
}
