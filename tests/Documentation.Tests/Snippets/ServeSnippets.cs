using Documentation.Tests.Support;
using LoraComposition.DependencyInjection;
using LoraComposition.FewShot;
using LoraComposition.Tool;
using Microsoft.Extensions.DependencyInjection;

namespace Documentation.Tests.Snippets;

public class ServeSnippets
{
    [Fact]
    public async Task An_adapted_model_is_a_service()
    {
        using var workplace = new Workplace();
        (await LoraComposeCommand.InvokeAsync(["adapt", "--base", "vit", "--adapter", "adapters/eurosat", "--data", "my-images", "--shots", "3", "--method", "uniform", "--out", "my-model"])).Should().Be(0);
        var services = new ServiceCollection();
        #region serve-services
        services.AddLoraComposition(options => options.Model = "my-model");
        #endregion
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<ImagePredictor>().Predict("photos/one.png", top: 2).Select(c => c.ClassName).Should().BeEquivalentTo("cat", "dog");
    }
}
