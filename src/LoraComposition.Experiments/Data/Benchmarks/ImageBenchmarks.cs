namespace LoraComposition.Experiments;

/// <summary>The published data sets that can be read, for programs that let the user choose one by its name.</summary>
public static class ImageBenchmarks
{
    /// <summary>Every data set, with the default split seed. The four domains of PACS are four data sets.</summary>
    public static IReadOnlyList<ImageBenchmark> All { get; } =
        [new Cifar100(), new Food101(), new StanfordCars(), new Sun397(), new Flowers102(), new EuroSat(), .. Enum.GetValues<PacsDomain>().Select(d => new Pacs(d))];

    /// <summary>Finds a data set.</summary>
    /// <param name="name">Its <see cref="ImageBenchmark.Name"/>.</param>
    /// <returns>The data set; null where there is none of the name.</returns>
    public static ImageBenchmark? Find(string name) => All.FirstOrDefault(b => b.Name == name);
}
