namespace LoraComposition.FewShot;

/// <summary>What starting points are worth on the samples to learn from, one after the other, with nothing kept between.</summary>
interface IStartLoss : IDisposable
{
    /// <summary>The mean loss; not finite where the model's numbers are not.</summary>
    double Of(StartingPoint start);

    /// <summary>The linear CKA of features and classes; NaN where the model's numbers are not finite.</summary>
    double Alignment(StartingPoint start);
}
