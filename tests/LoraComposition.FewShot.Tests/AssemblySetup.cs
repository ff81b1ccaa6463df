// One test at a time. Torch reads a number that is passed to an operation from an object that nothing holds any longer (TorchSharp 0.107): where another thread makes
// the collector run in that moment, the operation fails.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
