using Documentation.Tests.Support;
using LoraComposition;
using LoraComposition.Files;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation.Tests.Snippets;

/// <summary>Images, end to end: getting started, adapters of others, weights, compression, memory.</summary>
public sealed class LibrarySnippets : IDisposable
{
    readonly Workplace workplace = new();
    readonly Tensor images = randn(4, 3, 32, 32), labels = tensor(new long[] { 0, 1, 2, 3 });

    public void Dispose()
    {
        images.Dispose();
        labels.Dispose();
        workplace.Dispose();
    }

    [Fact]
    public void From_a_folder_of_modules_to_one_adapter()
    {
        #region start-load
        using var model = VisionTransformer.Load("vit");
        using var modules = LoraAdapter.LoadAll("modules");

        foreach (var refusal in AdapterCompatibility.Check(model, modules).Refusals) Console.WriteLine(refusal);
        #endregion
        #region start-uniform
        using (Composition.AttachUniform(model, modules))
        using (no_grad())
        using (var logits = model.call(images))
        {
            Console.WriteLine(string.Join(", ", logits.argmax(1).data<long>()));
        }
        #endregion
        #region start-learned
        using var composition = Composition.AttachLearned(model, modules);
        using var optimizer = optim.AdamW(composition.TrainableParameters(), lr: 0.05, weight_decay: 0.01);
        for (int step = 0; step < 60; step++)
        {
            using var scope = NewDisposeScope();
            var loss = nn.functional.cross_entropy(model.call(images), labels);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }

        foreach (var (site, weights) in composition.ReadWeights()) Console.WriteLine($"{site.Path}: {string.Join(", ", weights.Select(w => w.ToString("F2")))}");
        #endregion
        composition.ReadWeights().Should().Contain(layer => Math.Abs(layer.Weights[0] - 0.5) > 0.01, "the weights have moved from the mean");
        #region start-save
        using (var composed = composition.ToAdapter("my-task"))   // rank = sum of the modules' ranks
            composed.Save("my-task");                             // an ordinary PEFT folder
        composition.MergeIntoBase();                              // or: into the model's own weights; this detaches
        model.Save("merged", new CheckpointSaveOptions { Base = "vit" });
        #endregion

        using var again = LoraAdapter.Load("my-task");
        again.Provenance!.Method.Should().Be("learned");
        using var merged = VisionTransformer.Load("merged");
        using var difference = merged.call(images) - model.call(images);
        difference.abs().max().item<float>().Should().BeLessThan(1e-5f);
    }

    [Fact]
    public void An_adapter_of_someone_else()
    {
        #region hub-load
        using var adapter = LoraAdapter.Load("adapters/eurosat");

        Console.WriteLine($"{adapter.Name}: {adapter.Layers.Count} layers, {adapter.ParameterCount:N0} numbers, trained on {adapter.BaseModel}");
        foreach (string warning in adapter.Warnings) Console.WriteLine(warning);
        #endregion
        #region hub-check
        using var model = VisionTransformer.Load("vit");
        var compatibility = AdapterCompatibility.Check(model, adapter);
        foreach (var (name, layer, reason) in compatibility.Refusals) Console.WriteLine($"{name}, {layer}: {reason}");
        #endregion
        compatibility.IsCompatible.Should().BeTrue();
        #region hub-similarity
        using var other = LoraAdapter.Load("adapters/flowers");
        Console.WriteLine($"cosine of the updates: {AdapterSimilarity.Compute(adapter, other).Cosine:F3}");
        #endregion
        #region hub-refused
        try
        {
            using var refused = LoraAdapter.Load("photos");
        }
        catch (ModelFileException e)
        {
            Console.WriteLine(e.Message);   // which file, what was expected, what was found, what to do
        }
        #endregion
    }

    [Fact]
    public void Weights_are_kept_and_used_again()
    {
        using var model = VisionTransformer.Load("vit");
        using var modules = LoraAdapter.LoadAll("modules");
        #region weights-save
        using (var composition = Composition.AttachLearned(model, modules))
        {
            // … train …
            composition.ToWeights().Save("weights.json");
        }

        using var same = Composition.AttachWeighted(model, modules, CompositionWeights.Load("weights.json"));
        #endregion
        same.Detach();
        #region weights-start
        using var further = Composition.AttachLearned(model, modules, start: CompositionWeights.Load("weights.json"));
        #endregion
        further.ReadWeights().Should().OnlyContain(layer => layer.Weights[0] == 0.5);
    }

    [Fact]
    public void A_module_of_ones_own_with_its_head()
    {
        using var model = VisionTransformer.Load("vit");
        #region lora-head
        model.ResetHead(["cat", "dog"], seed: 0);
        using (var tuning = LoraTuning.Attach(model, new LoraOptions { Rank = 8 }, trainHead: true))
        {
            Train(model, tuning.TrainableParameters(includeHead: true));   // your loop
            using var module = tuning.ToAdapter("my-module");              // factors, head and class names, as PEFT saves them
            module.Save("my-module");
        }
        #endregion
        using var expected = model.Classifier!.weight!.detach().clone();
        model.ResetHead(["cat", "dog"], seed: 1);
        #region lora-head-load
        using var saved = LoraAdapter.Load("my-module");
        model.SetHead(saved.Head!);   // attaching alone changes no head
        using var composition = Composition.AttachUniform(model, [saved]);
        #endregion
        model.Classifier!.weight!.equal(expected).all().item<bool>().Should().BeTrue("the trained head comes back from the file");
    }

    static void Train(VisionTransformer model, IReadOnlyList<TorchSharp.Modules.Parameter> parameters)
    {
        using var scope = NewDisposeScope();
        using var optimizer = optim.AdamW(parameters, lr: 0.05);
        nn.functional.cross_entropy(model.call(randn(4, 3, 32, 32)), tensor(new long[] { 0, 1, 0, 1 })).backward();
        optimizer.step();
    }

    [Fact]
    public void A_folder_is_checked_without_its_weights()
    {
        #region vit-check
        var config = VisionTransformer.Check("vit");   // configuration, names, shapes and types; no weight is read
        Console.WriteLine(config);
        #endregion
        config.Should().NotBeNull();
    }

    [Fact]
    public async Task Requests_are_served_at_the_same_time()
    {
        using var model = VisionTransformer.Load("vit");
        using var modules = LoraAdapter.LoadAll("modules");
        #region concurrent
        using var composition = Composition.AttachUniform(model, modules);
        model.eval();

        long Classify(Tensor pixels)   // from as many threads as you like
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            return model.call(pixels).argmax(1).item<long>();
        }
        #endregion
        long[] alone = [.. Enumerable.Range(0, 4).Select(i => Classify(images[i..(i + 1)]))];
        long[] together = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => Classify(images[i..(i + 1)]))));
        together.Should().Equal(alone);
    }

    [Fact]
    public void An_adapter_is_made_smaller()
    {
        using var model = VisionTransformer.Load("vit");
        using var modules = LoraAdapter.LoadAll("modules");
        using var composition = Composition.AttachUniform(model, modules);
        #region compress
        using var adapter = composition.ToAdapter("my-task");
        using var small = AdapterCompression.Compress(adapter, RankTarget.Energy(0.99));
        foreach (var layer in small.Layers) Console.WriteLine($"{layer.Path}: rank {layer.RankBefore} → {layer.Rank}, relative error {layer.RelativeError:P2}");
        small.Adapter.Save("my-task-small");
        #endregion
        small.Layers.Should().OnlyContain(layer => layer.RetainedEnergy >= 0.99);
    }

    [Fact]
    public void One_scope_for_each_step_keeps_memory_flat()
    {
        using var model = VisionTransformer.Load("vit");
        using var modules = LoraAdapter.LoadAll("modules");
        using var composition = Composition.AttachLearned(model, modules);
        using var optimizer = optim.AdamW(composition.TrainableParameters());
        void Step()
        {
            #region memory-step
            using var scope = NewDisposeScope();
            var loss = nn.functional.cross_entropy(model.call(images), labels);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            #endregion
        }

        Step();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 5; i++) Step();
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
        #region memory-keep
        Tensor best;
        using (NewDisposeScope())
        {
            var logits = model.call(images);
            best = logits.argmax(1).MoveToOuterDisposeScope();   // outlives the scope; dispose it yourself
        }
        #endregion
        best.shape.Should().Equal(4);
        best.Dispose();
        #region memory-detach
        composition.Detach();                             // the model is what it was, trainable flags included
        #endregion
        model.Sites.Should().OnlyContain(site => site.Layer is TorchSharp.Modules.Linear);
    }
}
