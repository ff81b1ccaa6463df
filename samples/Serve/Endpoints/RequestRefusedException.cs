namespace Serve;

/// <summary>A request that is refused: what is sent back as <c>application/problem+json</c>.</summary>
/// <param name="status">The status code.</param>
/// <param name="detail">What is wrong and what to do.</param>
sealed class RequestRefusedException(int status, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public IResult ToResult() => Results.Problem(Message, statusCode: Status);
}
