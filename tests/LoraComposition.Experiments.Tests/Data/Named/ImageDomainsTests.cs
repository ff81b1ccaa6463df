using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Named;

public sealed class ImageDomainsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    void Add(string domain, params string[] classes)
    {
        foreach (string name in classes)
            for (int i = 0; i < 5; i++) folder.AddPng(domain, name, $"{i}.png");
    }

    [Fact]
    public void EachSubFolderIsADomain()
    {
        Add("photo", "cat", "dog");
        Add("clip art", "cat", "dog");
        Add("eurosat", "cat", "dog");

        var domains = ImageDomains.Of(folder.Path);

        domains.Names.Should().Equal("clip art", "eurosat", "photo");
        var opened = domains.Open(["photo", "eurosat"], 1);
        opened.Select(domain => (domain.Name, domain.Splits.Train.Count, domain.Splits.Test.Count)).Should().Equal(("photo", 8, 2), ("eurosat", 8, 2));
    }

    [Fact]
    public void OnlyTheChosenDomainsMustHaveTheSameClasses()
    {
        Add("photo", "cat", "dog");
        Add("sketch", "cat", "dog");
        Add("toy", "cat", "cow");
        var domains = ImageDomains.Of(folder.Path);

        domains.Open(["photo", "sketch"], 1).Should().HaveCount(2);
        domains.Invoking(d => d.Open(["photo", "toy"], 1)).Should().Throw<DataException>().WithMessage("*same classes, but photo has no cow; toy has no dog.*");
    }

    [Fact]
    public void OneDomainOrNoneIsRefused()
    {
        Add("photo", "cat", "dog");

        FluentActions.Invoking(() => ImageDomains.Of(folder.Path)).Should().Throw<DataException>().WithMessage("*at least 2 domains, found 'photo' alone.");
        FluentActions.Invoking(() => ImageDomains.Of(folder["none"])).Should().Throw<DataException>().WithMessage("*none: the folder is missing*");
        FluentActions.Invoking(() => ImageDomains.Of(folder["photo"]).Open(["cat", "dog"], 1)).Should().Throw<DataException>().WithMessage("*expected a sub-folder of pictures per class*");
    }
}
