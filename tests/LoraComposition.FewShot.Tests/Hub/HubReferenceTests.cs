namespace LoraComposition.FewShot.Tests.Hub;

public sealed class HubReferenceTests
{
    [Theory]
    [InlineData("google/vit-base-patch16-224", "google/vit-base-patch16-224", "main")]
    [InlineData("some_one/A.b-1@v1.0", "some_one/A.b-1", "v1.0")]
    [InlineData("a/b@refs/pr/1", "a/b", "refs/pr/1")]
    public void NamesAreRead(string text, string repository, string revision)
    {
        var reference = HubReference.Parse(text);

        (reference?.Repository, reference?.Revision).Should().Be((repository, revision));
        reference!.ToString().Should().Be(text);
    }

    [Theory]
    [InlineData("vit")]
    [InlineData("a/b/c")]
    [InlineData("../b")]
    [InlineData("a/..")]
    [InlineData("a/b..c")]
    [InlineData("./b")]
    [InlineData("/b")]
    [InlineData("a/")]
    [InlineData("a/b@")]
    [InlineData("a/b@../../x")]
    [InlineData("a/b@x//y")]
    [InlineData("a/b@x/./y")]
    [InlineData("a/b--c")]
    [InlineData("a/b\n")]
    [InlineData("a/b c")]
    [InlineData("a/lora.safetensors")]
    [InlineData("C:/b")]
    [InlineData("a/ü")]
    [InlineData("")]
    public void WhatCouldLeaveAFolderOrIsAPathIsNoName(string text) => HubReference.Parse(text).Should().BeNull();
}
