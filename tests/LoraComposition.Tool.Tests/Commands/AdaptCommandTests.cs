using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Tool.Tests.Support;

namespace LoraComposition.Tool.Tests.Commands;

public sealed class AdaptCommandTests : IDisposable
{
    readonly TinyInputs inputs = new();

    public void Dispose() => inputs.Dispose();

    [Fact]
    public async Task TriesEveryMethodAndSavesTheBest()
    {
        var (code, output, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--out", inputs.At("out")]);

        code.Should().Be(0, string.Join('\n', errors));
        output.Should().ContainAll("\nuniform  ", "\nclassifier  ", "\nunconstrained-model@", "\nuniform+lora  ", "on 9 validation images", "On 18 test images, used for nothing else", $"lora-compose predict --model {inputs.At("out")}");
        using var report = JsonDocument.Parse(File.ReadAllText(inputs.At("out", "report.json")));
        report.RootElement.GetProperty("methods").GetArrayLength().Should().Be(6);
        output.Should().Contain(report.RootElement.GetProperty("verdict").GetString());
        File.ReadAllText(inputs.At("out", "report.md")).Should().Contain(report.RootElement.GetProperty("verdict").GetString());
        using var model = AdaptedModel.Load(inputs.At("out"));
        model.Info.Method.Should().Be(report.RootElement.GetProperty("chosen").GetString());
        report.RootElement.GetProperty("inputs").GetProperty("base").GetString().Should().Be(model.Info.Base.Sha256);
        Directory.GetFileSystemEntries(inputs.Path).Select(Path.GetFileName).Should().BeEquivalentTo("base", "module-1", "module-2", "pictures", "out");
    }

    [Fact]
    public async Task TakesEverySettingAndRecordsIt()
    {
        var (code, _, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--method", "unconstrained", "--protocol", "paper", "--checks", "2", "--patience", "1",
            "--coefficient-rate", "0.5", "--coefficient-penalties", "3,0.5", "--merge-lambdas", "-1,0.5", "--merge-densities", "0.25", "--lorahub-evaluations", "9", "--decay", "0.2", "--budget", "5m", "--out", inputs.At("out")]);

        code.Should().Be(0, string.Join('\n', errors));
        using var report = JsonDocument.Parse(File.ReadAllText(inputs.At("out", "report.json")));
        var tuning = report.RootElement.GetProperty("configuration").GetProperty("tuning");
        tuning.GetProperty("training").GetProperty("checks").GetInt32().Should().Be(2);
        tuning.GetProperty("training").GetProperty("patience").GetInt32().Should().Be(1);
        tuning.GetProperty("head").ValueKind.Should().Be(JsonValueKind.Null);
        tuning.GetProperty("coefficientLearningRate").GetDouble().Should().Be(0.5);
        tuning.GetProperty("coefficientPenalties").EnumerateArray().Select(p => p.GetDouble()).Should().Equal(3, 0.5);
        tuning.GetProperty("mergeLambdas").EnumerateArray().Select(p => p.GetDouble()).Should().Equal(-1, 0.5);
        tuning.GetProperty("mergeDensities").EnumerateArray().Select(p => p.GetDouble()).Should().Equal(0.25);
        tuning.GetProperty("loraHubEvaluations").GetInt32().Should().Be(9);
        tuning.GetProperty("weightDecay").GetDouble().Should().Be(0.2);
        tuning.GetProperty("budget").GetString().Should().Be("00:05:00");
    }

    [Fact]
    public async Task SaysWhatTheTimeWentInto()
    {
        var (code, output, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--timings", "--out", inputs.At("out")]);

        code.Should().Be(0, string.Join('\n', errors));
        output.Should().NotContain("warm-up");
        var rows = errors.SkipWhile(line => !line.StartsWith("Phase ", StringComparison.Ordinal)).Skip(2)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToDictionary(cells => cells[0], cells => decimal.Parse(cells[1], CultureInfo.InvariantCulture));
        rows.Keys.Should().Equal("load", "decode", "features", "warm-up", "training", "validation", "test", "other", "together");
        rows.Where(row => row.Key != "together").Sum(row => row.Value).Should().Be(rows["together"]);
        using var report = JsonDocument.Parse(File.ReadAllText(inputs.At("out", "report.json")));
        report.RootElement.GetProperty("timings").EnumerateObject().Sum(phase => phase.Value.GetDecimal()).Should().Be(report.RootElement.GetProperty("seconds").GetDecimal());
    }

    [Fact]
    public async Task SaysWhatMakesTheResultDoubtful()
    {
        string place = inputs.At("module-1");
        using (var module = LoraAdapter.Load(place))
        using (var still = new LoraAdapter("module-1", [.. module.Layers.Select(layer => KeyValuePair.Create(layer.Key, new LoraDelta(layer.Value.A.clone(), TorchSharp.torch.zeros_like(layer.Value.B), 1)))]))
            still.Save(place);

        var (code, output, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--method", "uniform", "--out", inputs.At("out"), "--json"]);

        code.Should().Be(0, string.Join('\n', errors));
        string[] expected = ["Adapter 'module-1' changes nothing: its update is zero in all 6 layers; its training may have kept its start.", "the base is tiny (0.008 M parameters, 16 px): expect little of it on photos"];
        errors.Where(line => line.StartsWith("warning: ", StringComparison.Ordinal)).Should().Equal(expected.Select(warning => $"warning: {warning}"));
        using var report = JsonDocument.Parse(output);
        report.RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()).Should().Equal(expected);
        report.RootElement.GetProperty("methods")[0].GetProperty("remarks").ValueKind.Should().Be(JsonValueKind.Array);
    }

    [Fact]
    public async Task TheComposedAdapterAndItsWeightsAreOrdinaryFiles()
    {
        var (code, output, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--method", "uniform", "--out", inputs.At("out"), "--json"]);

        code.Should().Be(0, string.Join('\n', errors));
        using var report = JsonDocument.Parse(output);
        report.RootElement.GetProperty("chosen").GetString().Should().Be("uniform");
        using var adapter = LoraAdapter.Load(inputs.At("out", "adapter"));
        adapter.Layers.Values.Should().OnlyContain(delta => delta.Rank == 4, "two modules of rank 2 are stacked");
        var weights = CompositionWeights.Load(inputs.At("out", "weights.json"));
        weights.AdapterNames.Should().Equal("module-1", "module-2");
        weights.Layers.Values.Should().OnlyContain(layer => layer.SequenceEqual(new[] { 0.5, 0.5 }));
    }

    [Fact]
    public async Task ReplacesAModelOnlyWithForce()
    {
        string[] arguments = [.. inputs.Adapt, "--method", "classifier", "--out", inputs.At("out")];
        (await CommandLine.RunAsync(arguments)).Code.Should().Be(0);
        string[] before = FolderState.Of(inputs.At("out"));

        var (code, output, errors) = await CommandLine.RunAsync(arguments);
        (code, output).Should().Be((2, ""));
        errors.Should().ContainSingle().Which.Should().Contain("not empty").And.Contain("--force");
        FolderState.Of(inputs.At("out")).Should().Equal(before);

        (await CommandLine.RunAsync([.. arguments, "--force"])).Code.Should().Be(0);
        FolderState.Of(inputs.At("out")).Should().NotEqual(before);
    }

    [Theory]
    [InlineData("--method", "best", "'best' is not one of uniform, classifier, best-single, unconstrained-model, uniform+lora, unconstrained-model+lora, learned, learned-model, unconstrained, lora, poly, mhr, task-arithmetic, ties, dare, dare-ties, magnitude, breadcrumbs, knots-ties, core-space-ties, factor-mean, greedy-soup, lorahub, ratatouille, fisher, auto or all")]
    [InlineData("--method", "lora,lora", "a method occurs twice")]
    [InlineData("--budget", "soon", "--budget soon: expected a time such as 90s, 5m or 1h")]
    [InlineData("--budget", "-5m", "expected a time such as")]
    [InlineData("--protocol", "mine", "--protocol mine: it must be one of fitted, paper")]
    [InlineData("--augment", "crop", "--augment crop: it must be one of flip, flip-crop, none")]
    [InlineData("--head-rate", "0", "--head-rate is 0; it must be positive")]
    [InlineData("--merge-lambdas", "1,x", "--merge-lambdas 1,x: 'x' is not a number")]
    [InlineData("--merge-densities", "1,0", "--merge-densities 1,0: '0' is not a number in (0, 1]")]
    [InlineData("--lorahub-evaluations", "0", "--lorahub-evaluations is 0")]
    [InlineData("--coefficient-penalties", "1,-1", "--coefficient-penalties 1,-1: '-1' is not a number of at least 0")]
    [InlineData("--checks", "0", "--checks is 0; it must be at least 1")]
    [InlineData("--shots", "0", "--shots is 0; it must be at least 1")]
    [InlineData("--threads", "0", "--threads is 0; it must be at least 1")]
    public async Task RefusesWrongUsage(string option, string value, string message)
    {
        var arguments = inputs.Adapt.ToList();
        int at = arguments.IndexOf(option);
        if (at >= 0) arguments.RemoveRange(at, 2);

        var (code, _, errors) = await CommandLine.RunAsync([.. arguments, option, value, "--out", inputs.At("out")]);

        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().Contain(message);
        Directory.Exists(inputs.At("out")).Should().BeFalse();
    }

    [Theory]
    [InlineData("--feature-cache is given with --no-feature-cache; give one of them", "features", "--no-feature-cache")]
    [InlineData("--feature-cache is empty; give a folder", " ")]
    [InlineData(": this is a file; give a folder", "base/config.json")]
    public async Task RefusesAPlaceWhereNoFeaturesCanBeKept(string message, string place, params string[] more)
    {
        var (code, _, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--feature-cache", string.IsNullOrWhiteSpace(place) ? place : inputs.At(place), .. more, "--out", inputs.At("out")]);

        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().Contain(message);
        Directory.Exists(inputs.At("out")).Should().BeFalse();
    }

    /// <summary>The second command finds what the first one kept, says so in its log, and writes the same model.</summary>
    [Fact]
    public async Task TakesTheFeaturesOfAnEarlierRun()
    {
        async Task<(string Report, string[] Taken)> Run(string name, params string[] more)
        {
            var (code, _, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--verbose", .. more, "--out", inputs.At(name)]);
            code.Should().Be(0, string.Join('\n', errors));
            var report = JsonNode.Parse(File.ReadAllText(inputs.At(name, "report.json")))!.AsObject();
            foreach (string time in (string[])["seconds", "timings", "startedUtc"]) report.Remove(time).Should().BeTrue();
            foreach (var method in report["methods"]!.AsArray()) method!.AsObject().Remove("timings");
            return (report.ToJsonString(), [.. errors.Where(line => line.Contains("Features in ", StringComparison.Ordinal))]);
        }

        var without = await Run("without", "--no-feature-cache");
        var first = await Run("first", "--feature-cache", inputs.At("features"));
        var second = await Run("second", "--feature-cache", inputs.At("features"));

        without.Taken.Should().BeEmpty();
        first.Report.Should().Be(without.Report);
        second.Report.Should().Be(without.Report);
        first.Taken.Should().Contain(line => line.Contains(" 0 read, "));
        second.Taken.Should().HaveSameCount(first.Taken).And.OnlyContain(line => line.Contains(", 0 computed"));
    }

    [Fact]
    public async Task RefusesAnAdapterGivenTwice()
    {
        var (code, _, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--adapter", inputs.At("module-1"), "--out", inputs.At("out")]);

        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().Contain("module-1 is given twice");
    }

    [Fact]
    public async Task NeedsAdaptersToCompose()
    {
        string[] arguments = ["adapt", "--base", inputs.At("base"), "--data", inputs.At("pictures"), "--shots", "2", "--steps", "2", "--out", inputs.At("out")];

        var (code, _, errors) = await CommandLine.RunAsync([.. arguments, "--method", "lora,uniform"]);
        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().Contain("give --adapter");

        var (done, output, said) = await CommandLine.RunAsync(arguments);
        done.Should().Be(0);
        output.Should().Contain("classifier").And.Contain("lora");
        said.Should().Contain("No adapter is given, so nothing is composed: classifier, lora are tried.");
    }

    [Fact]
    public async Task ImagesTakeTurnsWhereNoneIsHeldOut()
    {
        string[] Arguments(string validation)
        {
            string[] arguments = [.. inputs.Adapt];
            arguments[Array.IndexOf(arguments, "--validation") + 1] = validation;
            return [.. arguments, "--method", "uniform,classifier"];
        }
        var (code, output, errors) = await CommandLine.RunAsync([.. Arguments("0"), "--out", inputs.At("out")]);

        code.Should().Be(0, string.Join('\n', errors));
        output.Should().Contain("6 images learned from, held out in turns");
        (code, _, errors) = await CommandLine.RunAsync([.. Arguments("-1"), "--out", inputs.At("other")]);
        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().Contain("--validation is -1; it must be at least 0");
    }

    [Fact]
    public async Task RefusesABaseThatReadsTexts()
    {
        var (code, output, errors) = await CommandLine.RunAsync([.. inputs.Adapt.Select(a => a == inputs.At("base") ? Reference.T5Base : a), "--out", inputs.At("out")]);

        (code, output).Should().Be((1, ""));
        errors.Should().ContainSingle().Which.Should().Contain("expected \"vit\", \"deit\", \"dinov2\", \"dinov2_with_registers\", \"clip\", \"clip_vision_model\", \"siglip\" or \"siglip_vision_model\" (a vision transformer, which images need) for model_type, found \"t5\"");
        Directory.Exists(inputs.At("out")).Should().BeFalse();
    }

    [Fact]
    public async Task CtrlCLeavesNothing()
    {
        Interrupt.SkipWhereItCannotArrive();
        var arguments = inputs.Adapt.ToList();
        arguments[arguments.IndexOf("--steps") + 1] = "1000000";
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "lora-compose.dll"), .. arguments, "--out", inputs.At("out")]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        try
        {
            // A million steps are under way: after 10 s at the latest a line says so.
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            string? line = await process.StandardError.ReadLineAsync(deadline.Token);
            line.Should().Contain("the base is tiny");
            line = await process.StandardError.ReadLineAsync(deadline.Token);
            line.Should().Contain("training");
            await Interrupt.SendAsync(process, deadline.Token);
            await process.WaitForExitAsync(deadline.Token);

            string[] errors = (await process.StandardError.ReadToEndAsync(deadline.Token)).TrimEnd().Split('\n');
            errors[^1].Should().Be("Stopped. Nothing was written.");
            process.ExitCode.Should().Be(130);
            Directory.GetFileSystemEntries(inputs.Path).Select(Path.GetFileName).Should().BeEquivalentTo("base", "module-1", "module-2", "pictures");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
