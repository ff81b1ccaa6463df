namespace LoraComposition.Tests.Build;

public class PlaceholderTests { }
