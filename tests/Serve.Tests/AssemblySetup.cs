// The console and the predictor's counters belong to the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(Serve.Tests.Support.ServedModel))]
[assembly: AssemblyFixture(typeof(Serve.Tests.Support.ServedTexts))]
