using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// The singular value decomposition of <c>ΔW = s·B·A</c> from its factors: with <c>B = Q_B·R_B</c> and <c>Aᵀ = Q_A·R_A</c>, that of the small
/// core <c>s·R_B·R_Aᵀ</c>, at most [rank, rank], so that no matrix of the layer's size is made; or of a whole matrix. All in float64 on the CPU.
/// </summary>
internal static class TruncatedSvd
{
    const double MachineEpsilon = 1.0 / (1L << 52);

    /// <summary>Computes the nearest update of the target's rank (Eckart–Young).</summary>
    public static CompressedDelta Compute(LoraDelta delta, RankTarget target)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (outBasis, u, sigma, vT, inBasis, spectrum) = Decompose(delta);
        return Cut(outBasis.matmul(u), sigma, vT.matmul(inBasis.t()), spectrum, target, delta.A, delta.Rank);
    }

    /// <summary>Computes the nearest matrix of the target's rank; of a large one for a low rank by <see cref="RandomisedSvd"/>, nearly the nearest.</summary>
    public static CompressedDelta Compute(Tensor matrix, RankTarget target)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        long full = Math.Min(matrix.shape[0], matrix.shape[1]);
        if (RandomisedSvd.Suits(matrix, target))
        {
            if (!FiniteNumbers.AreAll(matrix)) throw NotFinite("The update");
            var (left, values, right, rest) = RandomisedSvd.Compute(matrix, target.Limit!.Value);
            return Cut(left, values, right, new Spectrum(values.data<double>(), Noise(values), rest), target, matrix, full);
        }
        var (u, sigma, vT) = linalg.svd(Wide(matrix, "The update"), fullMatrices: false);
        return Cut(u, sigma, vT, new Spectrum(sigma.data<double>(), Noise(sigma)), target, matrix, full);

        double Noise(Tensor sigma) => MachineEpsilon * Math.Max(matrix.shape[0], matrix.shape[1]) * sigma.narrow(0, 0, 1).item<double>();
    }

    /// <summary>The first singular triples as two factors of the original's type and device.</summary>
    static CompressedDelta Cut(Tensor left, Tensor sigma, Tensor right, Spectrum spectrum, RankTarget target, Tensor like, long rankBefore)
    {
        int rank = target.Choose(spectrum);
        // An update of zero keeps one rank, of zeros.
        var root = spectrum.Rank == 0 ? zeros(1, dtype: ScalarType.Float64) : sigma.narrow(0, 0, rank).sqrt();
        left = left.narrow(1, 0, rank);      // [out, k]
        right = right.narrow(0, 0, rank);    // [k, in]
        var signs = Signs(left);
        var type = like.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var compressed = new LoraDelta(
            right.mul(root.mul(signs).unsqueeze(1)).to(type, like.device),
            left.mul(root.mul(signs)).to(type, like.device), 1);
        return new CompressedDelta(compressed, rankBefore, spectrum.LostShare(rank));
    }

    /// <summary>The right singular vector of the largest singular value: the direction of the input to which the update answers most.</summary>
    /// <returns>
    /// A vector <c>[in]</c> of length 1, float64 on the CPU, its entry of the largest magnitude positive; null where the update is zero. The caller owns it.
    /// </returns>
    public static Tensor? FirstRightVector(LoraDelta delta)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (_, _, _, vT, inBasis, spectrum) = Decompose(delta);
        if (spectrum.Rank == 0) return null;
        var vector = inBasis.matmul(vT.narrow(0, 0, 1).t());              // [in, 1]
        return vector.mul(Signs(vector)).squeeze(1).MoveToOuterDisposeScope();
    }

    // ΔW = (outBasis·u)·diag(sigma)·(vT·inBasisᵀ); the tensors are the scope's.
    static (Tensor OutBasis, Tensor U, Tensor Sigma, Tensor VT, Tensor InBasis, Spectrum Spectrum) Decompose(LoraDelta delta)
    {
        var (a, b) = (Wide(delta.A, "lora_A"), Wide(delta.B, "lora_B"));
        // [out, R] → [out, p]·[p, R] and [in, R] → [in, q]·[q, R]; p = min(out, R), q = min(in, R)
        var (outBasis, outTriangle) = linalg.qr(b);
        var (inBasis, inTriangle) = linalg.qr(a.t());
        var (u, sigma, vT) = linalg.svd(outTriangle.matmul(inTriangle.t()).mul(delta.Scaling), fullMatrices: false);
        return (outBasis, u, sigma, vT, inBasis, new Spectrum(sigma.data<double>(), Noise(delta, a, b)));
    }

    static Tensor Wide(Tensor factor, string name)
    {
        var wide = factor.detach().cpu().to(ScalarType.Float64);
        return wide.isfinite().all().item<bool>() ? wide : throw NotFinite(name);
    }

    static ArgumentException NotFinite(string name) => new($"{name} holds NaN or infinite numbers, so the update has no singular values.");

    // What is left where modules cancel each other is as large as this, however small the sum is: eps · |s| · Σᵣ ‖bᵣ‖·‖aᵣ‖.
    static double Noise(LoraDelta delta, Tensor a, Tensor b) =>
        MachineEpsilon * Math.Max(delta.InFeatures, delta.OutFeatures) * Math.Abs(delta.Scaling) * b.norm(0).mul(a.norm(1)).sum().item<double>();

    // A singular pair is free in its common sign; the entry of the left vector that is largest in magnitude is made positive: equal updates give equal bytes.
    static Tensor Signs(Tensor left) => left.gather(0, left.abs().argmax(0, keepdim: true)).squeeze(0).ge(0).to(ScalarType.Float64).mul(2).sub(1);
}
