using LoraComposition.Experiments;

namespace LoraComposition.CommandLine;

/// <summary>Which part of the work this process does: from the command line, else from the job that it is a task of.</summary>
static class ShardReading
{
    /// <summary>Reads it.</summary>
    /// <param name="text">What the command line says, <c>i/n</c>; null where it says nothing.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <exception cref="UsageException">The text or a variable cannot be.</exception>
    public static WorkShard Read(string? text, Func<string, string?> environment)
    {
        if (text is not null)
            return text.Split('/') is [var number, var count] ? Of(number, count, $"--shard {text}: expected i/n with 1 ≤ i ≤ n, for example 2/8.")
                : throw new UsageException($"--shard {text}: expected i/n, for example 2/8.");
        if (environment("SLURM_ARRAY_TASK_ID") is { } task)
        {
            string first = environment("SLURM_ARRAY_TASK_MIN") ?? "0", tasks = environment("SLURM_ARRAY_TASK_COUNT")
                ?? throw new UsageException("SLURM_ARRAY_TASK_ID is set without SLURM_ARRAY_TASK_COUNT; give --shard i/n.");
            return FromZero(task, first, tasks,
                $"SLURM_ARRAY_TASK_ID={task}, SLURM_ARRAY_TASK_MIN={first} and SLURM_ARRAY_TASK_COUNT={tasks} are no task of an array with step 1; give --shard i/n.");
        }
        if (environment("JOB_COMPLETION_INDEX") is { } index)
        {
            string completions = environment("JOB_COMPLETIONS")
                ?? throw new UsageException("JOB_COMPLETION_INDEX is set without JOB_COMPLETIONS, which the job's file must set to its number of completions; or give --shard i/n.");
            return FromZero(index, "0", completions, $"JOB_COMPLETION_INDEX={index} and JOB_COMPLETIONS={completions} are no task of a job; give --shard i/n.");
        }
        return WorkShard.Whole;
    }

    static WorkShard FromZero(string index, string first, string count, string problem) =>
        int.TryParse(index, out int i) && int.TryParse(first, out int f) ? Of($"{(long)i - f + 1}", count, problem) : throw new UsageException(problem);

    static WorkShard Of(string number, string count, string problem) =>
        int.TryParse(number, out int i) && int.TryParse(count, out int n) && i >= 1 && i <= n ? new WorkShard(i, n) : throw new UsageException(problem);
}
