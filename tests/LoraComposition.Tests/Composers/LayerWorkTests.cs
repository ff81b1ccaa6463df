namespace LoraComposition.Tests.Composers;

public class LayerWorkTests
{
    // ViT-B/32, batch 32, rank 16: 1,600 tokens through a 768×768 layer.
    [Theory]
    [InlineData(1600, 5 * 16, EvaluationOrder.MaterialisedByTokens)]
    [InlineData(1600, 25 * 16, EvaluationOrder.MaterialisedByTokens)]
    [InlineData(1600, 100 * 16, EvaluationOrder.MaterialisedByWeight)]
    [InlineData(32, 5 * 16, EvaluationOrder.Stacked)]
    public void The_order_with_the_fewest_multiplications_is_chosen(long tokens, long rank, EvaluationOrder expected)
    {
        var work = new LayerWork(tokens, rank, 768, 768);
        work.Cheapest(training: true).Should().Be(expected);
        work.TrainingCost(expected).Should().Be(Enum.GetValues<EvaluationOrder>().Min(work.TrainingCost));
    }

    [Fact]
    public void The_costs_are_those_of_the_formulas()
    {
        var work = new LayerWork(Tokens: 10, Rank: 3, InFeatures: 5, OutFeatures: 7);
        work.TrainingCost(EvaluationOrder.Stacked).Should().Be(2 * 10 * 3 * (5 + 7));
        work.TrainingCost(EvaluationOrder.MaterialisedByTokens).Should().Be(3 * 5 * 7 + 10 * 3 * (5 + 7));
        work.TrainingCost(EvaluationOrder.MaterialisedByWeight).Should().Be(2 * 3 * 5 * 7 + 10 * 5 * 7);
    }

    [Fact]
    public void Without_a_gradient_many_tokens_go_through_the_materialised_weight()
    {
        new LayerWork(10, 16, 768, 768).Cheapest(training: false).Should().Be(EvaluationOrder.Stacked);
        new LayerWork(1000, 16, 768, 768).Cheapest(training: false).Should().Be(EvaluationOrder.MaterialisedByTokens);
    }
}
