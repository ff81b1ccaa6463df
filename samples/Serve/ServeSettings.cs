using LoraComposition.CommandLine;

namespace Serve;

/// <summary>What the program was asked for.</summary>
/// <param name="Model">The folder of the adapted model.</param>
/// <param name="BaseFolder">The base's folder, where it is not where it was.</param>
/// <param name="Urls">Where to listen, as ASP.NET Core takes it.</param>
/// <param name="MaxUpload">The most bytes of a request.</param>
/// <param name="MaxBatch">The most pictures of a request.</param>
/// <param name="Top">The classes to name for each picture.</param>
/// <param name="Verbose">Whether each request is logged.</param>
/// <param name="Compute">Where to compute.</param>
sealed record ServeSettings(string Model, string? BaseFolder, string Urls, long MaxUpload, int MaxBatch, int Top, bool Verbose, ComputeSettings Compute);
