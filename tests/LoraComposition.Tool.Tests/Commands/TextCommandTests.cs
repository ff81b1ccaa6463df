using System.Globalization;
using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.Tool.Tests.Support;

namespace LoraComposition.Tool.Tests.Commands;

/// <summary>The way from texts to a model in use: adapt, evaluate, predict.</summary>
public sealed class TextCommandTests : IAsyncLifetime
{
    readonly TinyTextInputs inputs = new();

    string Model => inputs.At("model");

    string Vit => FewShot.Tests.Support.TinyModel.Save(inputs.At("vit"));

    public async ValueTask InitializeAsync()
    {
        var (code, output, errors) = await CommandLine.RunAsync([.. inputs.Adapt, "--method", "uniform,zero-shot,lora", "--out", Model]);
        code.Should().Be(0, string.Join('\n', errors));
        output.Should().Contain("zero-shot").And.Contain("validation texts").And.Contain("--texts FILE");
    }

    public ValueTask DisposeAsync()
    {
        inputs.Dispose();
        return ValueTask.CompletedTask;
    }

    static async Task<string> DoneAsync(params string[] arguments)
    {
        var (code, output, errors) = await CommandLine.RunAsync(arguments);
        code.Should().Be(0, string.Join('\n', errors));
        return output;
    }

    [Fact]
    public async Task AdaptEvaluateAndPredictAgreeOnTheTestTexts()
    {
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(Model, "report.json")));
        double adapted = report.RootElement.GetProperty("test").GetProperty("accuracy").GetDouble();

        using var evaluation = JsonDocument.Parse(await DoneAsync("evaluate", "--model", Model, "--data", inputs.At("texts"), "--out", inputs.At("evaluation"), "--json"));
        string predictions = await DoneAsync("predict", "--model", Model, "--texts", inputs.At("texts", "test.jsonl"), "--top", "1");

        var scores = evaluation.RootElement.GetProperty("scores");
        evaluation.RootElement.GetProperty("part").GetString().Should().Be("test");
        scores.GetProperty("count").GetInt32().Should().Be(12);
        scores.GetProperty("accuracy").GetDouble().Should().BeApproximately(adapted, 1e-9);
        string[] given = [.. predictions.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')[2])];
        string[] labels = [.. File.ReadAllLines(inputs.At("texts", "test.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("label").GetString()!)];
        given.Zip(labels).Average(pair => pair.First == pair.Second ? 1.0 : 0).Should().BeApproximately(adapted, 1e-9);
        File.ReadAllText(inputs.At("evaluation", "evaluation.html")).Should().Contain("12 texts are given their own class");
    }

    [Fact]
    public async Task TheFisherInformationOfTextsWeighsTheModules()
    {
        foreach (string module in (string[])["module-1", "module-2"])
        {
            string[] fisher = ["fisher", "--base", TinyTextInputs.Base, "--adapter", inputs.At(module), "--data", inputs.At("texts"), "--samples", "8", "--threads", "1"];
            (await DoneAsync(fisher)).Should().Contain("from 8 texts, to");
            byte[] written = File.ReadAllBytes(inputs.At(module, "fisher.safetensors"));
            await DoneAsync([.. fisher, "--force"]);
            File.ReadAllBytes(inputs.At(module, "fisher.safetensors")).Should().Equal(written);
        }

        await DoneAsync("compose", "--adapter", inputs.At("module-1"), inputs.At("module-2"), "--method", "fisher", "--out", inputs.At("merged"));
        (await DoneAsync([.. inputs.Adapt, "--method", "fisher", "--out", inputs.At("weighed")])).Should().Contain("fisher");
        // What compose writes is compressed to the sum of the ranks.
        using var merged = LoraAdapter.Load(inputs.At("merged"));
        using var adapted = LoraAdapter.Load(inputs.At("weighed", "adapter"));
        merged.Layers.Keys.Should().BeEquivalentTo(adapted.Layers.Keys);
        LoraAdapter[] modules = [LoraAdapter.Load(inputs.At("module-1")), LoraAdapter.Load(inputs.At("module-2"))];
        FisherFile[] files = [.. modules.Select(FisherFile.Open)];
        foreach (var (path, update) in adapted.Layers)
        {
            using var expected = new FisherMerge(files).Merge(new MergeLayer(path, [.. modules.Select(module => module.Layers[path])]));
            (update.ToDense() - expected.ToDense()).abs().max().item<float>().Should().BeLessThan(1e-5f, path);
        }
        foreach (var file in files) file.Dispose();
        foreach (var module in modules) module.Dispose();
    }

    [Fact]
    public async Task LinesAreAnsweredAsTheyCome()
    {
        var (code, output, errors) = await CommandLine.RunAsync(_ => new StringReader("the apple\n{\"text\":\"a, cat\"}\n{broken\n{\"question\":\"which\",\"choices\":[\"red\",\"plum\"]}\n"),
            "predict", "--model", Model, "--texts", "-", "--format", "jsonl", "--top", "1");

        code.Should().Be(1);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        lines.Select(line => line.GetProperty("text").GetString()).Should().Equal("the apple", "a, cat", "{broken", "which");
        lines[2].GetProperty("error").GetString().Should().Contain("line 3");
        lines[3].GetProperty("classes")[0].GetProperty("class").GetString().Should().BeOneOf("red", "plum");
        errors.Should().ContainSingle().Which.Should().Contain("standard input: line 3");
    }

    [Fact]
    public async Task ABaseWithAModuleTellsTheLabelsThatTheModuleLearned()
    {
        await DoneAsync("train", "--base", TinyTextInputs.Base, "--data", inputs.At("texts"), "--epochs", "1", "--batch", "8", "--validation", "0", "--threads", "1", "--out", inputs.At("trained"));
        inputs.Write("the cow\n", "a.txt");

        string found = await DoneAsync("predict", "--base", TinyTextInputs.Base, "--adapter", inputs.At("trained"), "--texts", inputs.At("a.txt"));
        string told = await DoneAsync("predict", "--base", TinyTextInputs.Base, "--adapter", inputs.At("trained"), "--texts", inputs.At("a.txt"), "--labels", "animals, fruits");
        string scored = await DoneAsync("evaluate", "--base", TinyTextInputs.Base, "--adapter", inputs.At("trained"), inputs.At("module-1"), "--data", inputs.At("texts"));

        found.Should().Be(told);
        found.Split('\n')[1..3].Sum(line => double.Parse(line.Split(',')[3], CultureInfo.InvariantCulture)).Should().BeApproximately(1, 1e-5);
        scored.Should().Contain("of 12");
    }

    [Fact]
    public async Task WithoutAnAdapterTheBaseAndALoraAreTriedAndThatIsSaid()
    {
        string[] arguments = [.. inputs.Adapt.Where(argument => !argument.Contains("module-", StringComparison.Ordinal) && argument != "--adapter")];

        var (code, output, errors) = await CommandLine.RunAsync([.. arguments, "--out", inputs.At("alone")]);

        code.Should().Be(0, string.Join('\n', errors));
        errors.Should().Contain("No adapter is given, so nothing is composed: zero-shot, lora are tried.");
        output.Should().Contain("zero-shot").And.Contain("lora").And.NotContain("uniform");
    }

    [Fact]
    public async Task RowsThatCannotBeUsedAreAllNamedOrLeftOut()
    {
        string train = inputs.At("texts", "train.jsonl"), test = inputs.At("texts", "test.jsonl");
        File.AppendAllText(train, "{broken\n" + """{"text":"no label"}""" + "\n");
        File.AppendAllText(test, """{"label":"fruits"}""" + "\n");
        string[] places = ["train.jsonl:33: expected a JSON object", "train.jsonl:34: expected 'label', found none.", "test.jsonl:13: expected a member 'text', found none."];
        string[] adapt = [.. inputs.Adapt, "--method", "uniform,zero-shot", "--out", inputs.At("cleaned")];

        var (code, _, errors) = await CommandLine.RunAsync(adapt);
        code.Should().Be(1);
        errors[0].Should().EndWith("texts: 3 rows cannot be used; correct them, or have them left out (--skip-damaged):");
        errors.Skip(1).Should().HaveCount(3);
        foreach (string place in places) errors.Should().ContainSingle(line => line.StartsWith("  " + place, StringComparison.Ordinal));

        (code, string output, errors) = await CommandLine.RunAsync([.. adapt, "--skip-damaged", "--json"]);
        code.Should().Be(0, string.Join('\n', errors));
        errors.Should().Contain(line => line.StartsWith("warning: 3 texts cannot be used: train.jsonl:33, train.jsonl:34, test/test.jsonl:13; left out.", StringComparison.Ordinal));
        var skipped = JsonDocument.Parse(output).RootElement.GetProperty("skipped").EnumerateArray().ToArray();
        skipped.Select(sample => (sample.GetProperty("part").GetString(), sample.GetProperty("path").GetString())).Should().Equal(("train", "train.jsonl:33"), ("train", "train.jsonl:34"), ("test", "test.jsonl:13"));
        File.ReadAllText(inputs.At("cleaned", "report.md")).Should().Contain("- test/test.jsonl:13: expected a member 'text', found none.");

        string[] evaluate = ["evaluate", "--model", Model, "--data", inputs.At("texts")];
        (code, _, errors) = await CommandLine.RunAsync(evaluate);
        (code, errors.Single()).Should().Be((1, $"{test}: line 13: expected a member 'text', found none."));
        var evaluated = JsonDocument.Parse(await DoneAsync([.. evaluate, "--skip-damaged", "--json", "--out", inputs.At("evaluation")])).RootElement;
        evaluated.GetProperty("scores").GetProperty("count").GetInt32().Should().Be(12);
        evaluated.GetProperty("skipped")[0].GetProperty("path").GetString().Should().Be("test.jsonl:13");
        File.ReadAllText(inputs.At("evaluation", "evaluation.html")).Should().Contain("1 row that cannot be used, left out: test.jsonl:13.");

        string[] learn = ["train", "--base", TinyTextInputs.Base, "--data", train, "--epochs", "1", "--batch", "16", "--validation", "0", "--threads", "1", "--force", "--out", inputs.At("trained")];
        (code, _, errors) = await CommandLine.RunAsync(learn);
        (code, errors.Length).Should().Be((1, 3));
        await DoneAsync([.. learn, "--skip-damaged"]);
        File.ReadAllText(inputs.At("trained", "README.md")).Should().Contain("- train.jsonl:33: expected a JSON object").And.Contain("2 texts cannot be used");

        (code, _, errors) = await CommandLine.RunAsync("predict", "--model", Model, "--texts", inputs.Write("{broken\n[1]\n" + """{"text":"a"}""", "asked.jsonl"));
        (code, errors[0]).Should().Be((1, $"{inputs.At("asked.jsonl")}: 2 rows cannot be used; correct them:"));
    }

    [Fact]
    public async Task WhatDoesNotGoTogetherIsOneLine()
    {
        async Task Refused(int expected, string message, params string[] arguments)
        {
            var (code, _, errors) = await CommandLine.RunAsync(arguments);
            code.Should().Be(expected);
            errors[^1].Should().Match(message);
        }

        inputs.Write("text,label\nx,fruits\ny,tools\n", "other.csv");
        inputs.Write("question,choices,answer\nx,a|b,a\n", "choices.csv");
        await Refused(1, "*other.csv: line 3: expected one of the labels 'animals', 'fruits', found 'tools'.", "evaluate", "--model", Model, "--data", inputs.At("other.csv"));
        await Refused(1, "*choices.csv: expected texts with the labels of the model*", "evaluate", "--model", Model, "--data", inputs.At("choices.csv"));
        await Refused(2, "--images or --texts is missing*", "predict", "--model", Model);
        await Refused(2, "--images and --texts are for models of different kinds*", "predict", "--model", Model, "--images", "a.png", "--texts", "-");
        await Refused(2, "--labels is for a checkpoint*", "predict", "--model", Model, "--texts", "-", "--labels", "a,b");
        await Refused(2, "--labels a: expected at least two*", "predict", "--model", Model, "--texts", "-", "--labels", "a");
        await Refused(2, "--texts *none.txt: there is no such file.", "predict", "--model", Model, "--texts", inputs.At("none.txt"));
        await Refused(1, "*found one of texts*", "predict", "--model", Model, "--images", Model);
        await Refused(2, "--images or --data is missing*", "fisher", "--base", TinyTextInputs.Base, "--adapter", inputs.At("module-1"));
        await Refused(2, "--images and --data are for models of different kinds*", "fisher", "--base", TinyTextInputs.Base, "--adapter", inputs.At("module-1"), "--images", "a.png", "--data", "a.csv");
        await Refused(1, "*fisher.safetensors: the file is missing*'lora-compose fisher'.", [.. inputs.Adapt, "--out", inputs.At("x"), "--method", "fisher"]);
        await Refused(1, "*config.json: expected *t5*found \"vit\"*", "predict", "--model", Vit, "--texts", inputs.Write("a", "one.txt"), "--labels", "a,b");
        await Refused(1, "*config.json: expected *t5*found \"vit\"*", "adapt", "--base", Vit, "--data", inputs.At("texts"), "--shots", "2", "--out", inputs.At("x"));
        await Refused(2, "--as-stored is for pictures*", [.. inputs.Adapt, "--out", inputs.At("x"), "--as-stored"]);
        await Refused(2, "--ignore-unknown is for pictures*", "evaluate", "--model", Model, "--data", inputs.At("texts"), "--ignore-unknown");
        await Refused(2, "--method classifier: 'classifier' is not one of *zero-shot*", [.. inputs.Adapt, "--out", inputs.At("x"), "--method", "classifier"]);
    }
}
