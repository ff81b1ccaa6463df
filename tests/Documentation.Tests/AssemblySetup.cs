// The console and the working folder belong to the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
