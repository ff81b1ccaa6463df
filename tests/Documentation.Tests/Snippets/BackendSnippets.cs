using LoraComposition;

namespace Documentation.Tests.Snippets;

public class BackendSnippets
{
    [Fact]
    public void The_libtorch_of_a_PyTorch_install_that_is_not_there_is_refused()
    {
        var load = () =>
        {
            #region backend
            TorchBackend.Load("/opt/venv/lib/python3.12/site-packages/torch/lib");
            #endregion
        };

        load.Should().Throw<TorchBackendException>();
    }
}
