using LoraComposition.CommandLine;
using LoraComposition.FewShot.Tests.Support;
using Serve.Tests.Support;

namespace Serve.Tests;

public sealed class UsageTests(ServedModel model)
{
    [Theory]
    [InlineData("--model is missing: give a folder that lora-compose adapt wrote*")]
    [InlineData("--model no-such-folder: there is no such folder.", "--model", "no-such-folder")]
    [InlineData("--urls ftp://here: expected http://host:port.", "--model", ".", "--urls", "ftp://here")]
    [InlineData("--max-upload is 0*", "--model", ".", "--max-upload", "0")]
    [InlineData("--max-upload is 1025*", "--model", ".", "--max-upload", "1025")]
    [InlineData("--max-batch is 0*", "--model", ".", "--max-batch", "0")]
    [InlineData("--top is 0*", "--model", ".", "--top", "0")]
    public async Task Wrong_usage_is_one_line(string expected, params string[] arguments)
    {
        var (code, output, errors) = await ConsoleCapture.RunAsync(() => ServeCommand.InvokeAsync(arguments));

        code.Should().Be(ExitCodes.Usage);
        errors.Should().ContainSingle().Which.Should().Match(expected);
        output.Should().BeEmpty();
    }

    [Fact]
    public async Task A_folder_without_a_model_is_refused_in_one_line()
    {
        using var folder = new TemporaryFolder();

        var (code, _, errors) = await ConsoleCapture.RunAsync(() => ServeCommand.InvokeAsync(["--model", folder.Path, "--urls", "http://127.0.0.1:0"]));

        code.Should().Be(ExitCodes.Refused);
        errors.Should().ContainSingle().Which.Should().Contain(folder.Path);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line()
    {
        await using var server = await RunningServer.StartAsync(model);
        string taken = server.Client.BaseAddress!.ToString().TrimEnd('/');

        var (code, _, errors) = await ConsoleCapture.RunAsync(() => ServeCommand.InvokeAsync(["--model", model.Folder, "--urls", taken]));

        code.Should().Be(ExitCodes.Refused);
        errors.Should().ContainSingle().Which.Should().Contain("address already in use");
    }
}
