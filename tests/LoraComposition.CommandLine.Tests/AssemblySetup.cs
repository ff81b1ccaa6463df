// The console belongs to the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
