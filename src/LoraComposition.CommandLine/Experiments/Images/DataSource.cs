namespace LoraComposition.CommandLine;

/// <summary>Which data set's labels become tasks.</summary>
public enum DataSource
{
    /// <summary>Fractal images made by formula.</summary>
    Embedded,

    /// <summary>CIFAR-100's binary files.</summary>
    Cifar100,

    /// <summary>A folder with a sub-folder of pictures for each class.</summary>
    Folder,
}
