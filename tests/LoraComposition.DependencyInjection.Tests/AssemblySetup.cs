// One test at a time, as in the tests of LoraComposition.FewShot.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
