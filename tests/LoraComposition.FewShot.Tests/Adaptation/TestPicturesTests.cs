using LoraComposition.FewShot.Tests.Data;
using TorchSharp;

namespace LoraComposition.FewShot.Tests.Adaptation;

public sealed class TestPicturesTests
{
    static readonly ImagePreprocessing small = new() { Size = 4 };   // 48 bytes a picture

    [Theory]
    [InlineData(480, 10)]   // all of them
    [InlineData(200, 16)]   // the first four twice as bytes, the other six decoded again
    [InlineData(0, 20)]
    public void WhatFitsIsDecodedOnce(long mostBytes, int decoded)
    {
        var data = new MemoryDataset([.. new int[10]], 1);
        using var test = new TestPictures(data, small, mostBytes, pieceSize: 4);

        var rounds = Enumerable.Range(0, 2).Select(_ => test.Pieces().Select(piece =>
        {
            piece.Pictures.Prepare([.. Enumerable.Range(0, piece.Pictures.Dataset.Count)]);
            using var bytes = piece.Pictures.Bytes([piece.Pictures.Dataset.Count - 1]);
            return (piece.First, piece.Pictures.Dataset.Count, bytes[0, 0].ToByte());
        }).ToArray()).ToArray();

        rounds[0].Should().Equal((0, 4, (byte)3), (4, 4, (byte)7), (8, 2, (byte)9));
        rounds[1].Should().Equal(rounds[0]);
        data.Decoded.Should().Be(decoded);
    }
}
