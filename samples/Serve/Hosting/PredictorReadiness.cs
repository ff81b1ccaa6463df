namespace Serve;

/// <summary>Whether the model is read and has predicted once, so that no request waits for either.</summary>
sealed class PredictorReadiness
{
    volatile bool ready;

    public bool IsReady => ready;

    public void SetReady() => ready = true;
}
