using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Opens adapters that are one safetensors file without a configuration, in the spellings of kohya and diffusers.</summary>
internal static class SingleFileReader
{
    static readonly ScalarType[] numbers =
        [ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32];

    /// <summary>Finds the file that a path stands for: it is one, or the only one in a folder that is none of PEFT's.</summary>
    /// <returns>The file; null where the path is to be read as PEFT's folder.</returns>
    /// <exception cref="AdapterException">The folder holds several such files, or a link leads out of it.</exception>
    public static string? Find(string path, AdapterLoadOptions options)
    {
        if (File.Exists(path))
            return options.AnyArchitecture ? path : throw new AdapterException(path,
                $"expected the folder of a PEFT adapter, found a file; set {nameof(options.AnyArchitecture)} to read the files of kohya and diffusers, and compose them without a model.");
        if (!options.AnyArchitecture || !Directory.Exists(path) || AdapterFolder.IsPeft(path)) return null;
        var files = SingleFileLayout.FilesIn(path);
        if (files.Length == 0) return null;
        if (files.Length > 1)
            throw new AdapterException(path,
                $"the folder holds no {PeftFiles.Config} but several files; give the path of one: {string.Join(", ", files.Select(file => $"'{Path.GetFileName(file)}'"))}.");
        AdapterFolder.CheckLinks(path, files, options);
        return files[0];
    }

    /// <summary>Opens one file, of which no number is read but its alphas.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What to call the adapter; the file's name without its ending where null.</param>
    /// <param name="options">What is let through.</param>
    /// <exception cref="ModelFileException">The file is damaged or not supported.</exception>
    public static AdapterFile Open(string path, string? name, AdapterLoadOptions options)
    {
        using var file = SafetensorsFile.Open(path);
        var layout = SingleFileLayout.Of(file);
        var pairs = new FactorPairs(file, layout, anyArchitecture: true);
        var alphas = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors.Values)
        {
            if (!layout.TryParse(tensor.Name, out string layer, out var factor)) throw SingleFileLayout.Refusal(file, tensor.Name, layout.Expected);
            if (factor is null)
            {
                alphas.Add(layer, Alpha(file, tensor));
                continue;
            }
            pairs.CheckDtype(tensor);
            pairs.Add(layer, factor.Value, tensor, isEmbedding: false);
        }
        var layers = pairs.ToLayers(layout.Expected);
        if (alphas.Keys.Except(layers.Select(layer => layer.Layer)).FirstOrDefault() is { } alone)
            throw new AdapterException(file.Path, $"layer '{alone}' has an alpha but no factors.");
        var warnings = new List<string>();
        var scalings = layout.Scalings(file, [.. layers.Select(layer => (layer.Layer, layer.A.Shape[0]))], alphas, warnings);
        var provenance = ProvenanceText.Parse(file.Metadata, out var problem);
        if (problem is not null) warnings.Add(problem);
        var baseFingerprint = BaseFingerprint.Parse(file.Metadata, out problem);
        if (problem is not null) warnings.Add(problem);
        var (baseModel, revision) = SingleFileLayout.BaseOf(file.Metadata);
        return new AdapterFile(name ?? Path.GetFileNameWithoutExtension(path), Path.GetDirectoryName(Path.GetFullPath(path))!, options, file.Identity,
            [.. layers.Zip(scalings, (layer, scaling) => FactorPlaces.Of(layer, scaling.Alpha, scaling.Scaling, names: null))], [])
        {
            Layout = layout,
            BaseModel = baseModel,
            Revision = revision,
            BaseFingerprint = baseFingerprint,
            Provenance = provenance,
            Warnings = warnings,
        };
    }

    static double Alpha(SafetensorsFile file, TensorInfo tensor)
    {
        if (!numbers.Contains(tensor.Dtype) || tensor.Shape.Count > 1 || (tensor.Shape.Count == 1 && tensor.Shape[0] != 1))
            throw new AdapterException(file.Path, $"tensor '{tensor.Name}': expected one number, found {tensor.Dtype} [{string.Join(", ", tensor.Shape)}].");
        using var read = file.Read(tensor.Name, ScalarType.Float64);
        double alpha = read.item<double>();
        if (!double.IsFinite(alpha))
            throw new AdapterException(file.Path, $"tensor '{tensor.Name}' is {alpha}, expected a finite number; save or train the adapter again.");
        // Some programs multiply with it, others take it for one that is not set.
        if (alpha == 0)
            throw new AdapterException(file.Path,
                $"tensor '{tensor.Name}' is 0, which programs read in different ways; expected a number other than 0, so take the layer out or set its alpha.");
        return alpha;
    }
}
