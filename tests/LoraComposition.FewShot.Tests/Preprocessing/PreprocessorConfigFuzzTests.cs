using System.Text;
using LoraComposition.Fuzzing;

namespace LoraComposition.FewShot.Tests.Preprocessing;

/// <summary>Spoilt configurations: each is refused, or gives a preprocessing that can be.</summary>
public sealed class PreprocessorConfigFuzzTests : IDisposable
{
    const string Config = """
        {"do_normalize":true,"do_rescale":true,"do_resize":true,"do_center_crop":true,"crop_size":{"height":224,"width":224},"image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],
         "image_processor_type":"ViTImageProcessor","resample":2,"rescale_factor":0.00392156862745098,"size":{"shortest_edge":256}}
        """;

    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EverySpoiltConfigurationIsReadOrRefused()
    {
        var mutator = new JsonMutator("3", "224", "100000", "[1,2]", "[0,0,0]", "[1e-30,1,1]", "\"bicubic\"", "{\"height\":2,\"width\":3}", "\"CLIPImageProcessor\"", "\"BitImageProcessor\"", "\"SiglipImageProcessor\"");
        var kinds = Fuzz.Run<DataException>(seed: 1, count: 3000, random =>
        {
            var (kind, spoilt) = mutator.Mutate(random, Config);
            return new FuzzCase(kind, Encoding.Latin1.GetBytes(spoilt));
        }, input => ImagePreprocessing.FromFile(folder.Write("preprocessor_config.json", input.Bytes)).Validate());

        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(500);
        kinds.Values.Sum(kind => kind.Loaded).Should().BeGreaterThan(100);
    }
}
