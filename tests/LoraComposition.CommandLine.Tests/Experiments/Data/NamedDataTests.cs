namespace LoraComposition.CommandLine.Tests.Experiments.Data;

public sealed class NamedDataTests : IDisposable
{
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("named-data-");

    public NamedDataTests()
    {
        foreach (string name in (string[])["birds", "leaves", "shells"]) folder.CreateSubdirectory(name);
        foreach (string name in (string[])["mails.jsonl", "quiz.CSV", "notes.txt"]) File.WriteAllText(At(name), "");
    }

    public void Dispose() => folder.Delete(recursive: true);

    string At(string name) => Path.Combine(folder.FullName, name);

    // $name stands for NAME=PATH.
    string? Spelled(string? text) => text is null ? null : string.Join(',', text.Split(',').Select(part => part.StartsWith('$') ? $"{part[1..].Split('.')[0]}={At(part[1..])}" : part));

    NamedData Read(string? data, string? upstream, string? downstream, NamedDataKind kind = NamedDataKind.Images) => NamedData.Read(kind, Spelled(data), Spelled(upstream), Spelled(downstream));

    [Theory]
    [InlineData("$birds,$leaves,$shells", null, null, "birds: leaves shells; leaves: birds shells; shells: birds leaves")]
    [InlineData("$birds,$leaves,$shells", null, "leaves", "leaves: birds shells")]
    [InlineData("$birds,$leaves,$shells", "shells", null, "birds: shells; leaves: shells")]
    [InlineData("$birds,$leaves,$shells", "shells,birds", "leaves", "leaves: shells birds")]
    [InlineData(null, "$birds,$leaves", "$shells", "shells: birds leaves")]
    [InlineData("$birds", "birds", "$shells", "shells: birds")]
    [InlineData("$birds,$leaves", null, "$shells", "shells: birds leaves")]
    public void ChoosesAmongTheData(string? data, string? upstream, string? downstream, string rounds)
    {
        var (sets, choice) = Read(data, upstream, downstream);

        string.Join("; ", choice.Downstream.Select(name => $"{name}: {string.Join(' ', choice.UpstreamOf(name))}")).Should().Be(rounds);
        sets.Should().OnlyContain(set => set.Path == At(set.Name));
    }

    [Theory]
    [InlineData("$birds", null, null, "--data: birds=*: expected at least two data sets*")]
    [InlineData("$birds,$birds", null, null, "--data: birds is given twice.")]
    [InlineData("$birds,$leaves", "fish", null, "--upstream fish: expected one of birds, leaves.")]
    [InlineData("$birds,$leaves", null, "fish", "--downstream fish: expected one of birds, leaves.")]
    [InlineData("$birds,$leaves", "birds,birds", null, "--upstream: birds is given twice.")]
    [InlineData("$birds,$leaves", "birds", "birds", "--downstream birds is one of the data sets of --upstream, too.")]
    [InlineData("$birds,$leaves", "birds,leaves", null, "--upstream birds,leaves leaves nothing to learn*")]
    [InlineData("$birds,$leaves", null, "$birds", "--downstream birds is one of the data sets of --upstream or --data, too*")]
    [InlineData(null, "birds", "$leaves", "--upstream: 'birds': expected NAME=DIR*")]
    [InlineData("$birds,$notes.txt", null, null, "--data: notes=*that is a file*")]
    [InlineData("$birds,$none", null, null, "--data: none=*there is no such folder.")]
    public void WhatCannotBeIsRefused(string? data, string? upstream, string? downstream, string message) =>
        FluentActions.Invoking(() => Read(data, upstream, downstream)).Should().Throw<UsageException>().WithMessage(message);

    [Fact]
    public void OneFolderUnderTwoNamesIsRefused() =>
        FluentActions.Invoking(() => NamedData.Read(NamedDataKind.Images, $"one={At("birds")},two={At("birds")}/", null, null)).Should().Throw<UsageException>().WithMessage("--data: two and one are the same*");

    [Fact]
    public void PublishedDataSetsMayShareAFolder() =>
        NamedData.Read(NamedDataKind.Images, $"PACS-photo={At("birds")},pacs-sketch={At("birds")}", null, null).Sets.Select(set => set.Name).Should().Equal("pacs-photo", "pacs-sketch");

    [Fact]
    public void TextsAreFiles()
    {
        Read("$mails.jsonl,$quiz.CSV", null, null, NamedDataKind.Texts).Sets.Select(set => set.Name).Should().Equal("mails", "quiz");
        FluentActions.Invoking(() => Read("$mails.jsonl,$notes.txt", null, null, NamedDataKind.Texts)).Should().Throw<UsageException>().WithMessage("*notes=*expected a file of texts*");
        FluentActions.Invoking(() => Read("$mails.jsonl,$birds", null, null, NamedDataKind.Texts)).Should().Throw<UsageException>().WithMessage("*birds=*--modality vision.");
        FluentActions.Invoking(() => Read("$mails.jsonl,$none.csv", null, null, NamedDataKind.Texts)).Should().Throw<UsageException>().WithMessage("*there is no such file.");
    }

    [Theory]
    [InlineData("=.")]
    [InlineData("a/b=.")]
    [InlineData("..=.")]
    [InlineData("a b=.")]
    [InlineData("modules=.")]
    public void ANameBecomesAFolder(string text) =>
        FluentActions.Invoking(() => NamedPath.Read("--data", text, NamedDataKind.Images)).Should().Throw<UsageException>().WithMessage("--data: '*' cannot be a name*");

    [Theory]
    [InlineData("birds")]
    [InlineData("birds=")]
    public void ANameNeedsAPath(string text) =>
        FluentActions.Invoking(() => NamedPath.Read("--data", text, NamedDataKind.Images)).Should().Throw<UsageException>().WithMessage("--data: 'birds*': expected NAME=DIR, for example *");
}
