using System.Globalization;
using System.Reflection;

namespace LoraComposition.Tests.Conventions;

/// <summary>The order of layers, adapters and files, and so every fingerprint, is the same in every culture.</summary>
public class CultureTests
{
    public static TheoryData<string> Dependent => [.. Names(typeof(DependsOnCulture))];

    [Theory]
    [MemberData(nameof(Dependent))]
    public void What_depends_on_the_culture_is_found(string method) =>
        CultureUse.In(IlCode.WithNested(typeof(DependsOnCulture))).Should().Contain(found => found.Contains($".{method}:") || found.Contains($"<{method}>"));

    [Fact]
    public void What_does_not_is_not() => CultureUse.In(IlCode.WithNested(typeof(Independent))).Should().BeEmpty();

    [Fact]
    public void Nothing_in_the_library_depends_on_the_culture() => CultureUse.In(typeof(LoraAdapter).Assembly.GetTypes()).Should().BeEmpty();

    static IEnumerable<string> Names(Type type) => type.GetMethods(BindingFlags.Static | BindingFlags.Public).Select(method => method.Name);

#pragma warning disable CA1304, CA1309, CA1310, CA1311, CA1862, CA1512, CA1865, CA2249 // That is what they are here for.
    static class DependsOnCulture
    {
        public static object Query(string[] texts) => from text in texts orderby text select text;

        public static object ByText(string[] texts) => texts.OrderBy(text => text + "x").ThenByDescending(text => text.Length);

        public static object ThenByText(string[] texts) => texts.OrderBy(text => text.Length).ThenBy(text => text);

        public static object ByTuple(string[] texts) => texts.OrderBy(text => (text.Length, text));

        public static object Ordered(string[] texts) => texts.Order();

        public static string? Most(string[] texts) => texts.Max();

        public static string? MostBy(int[] numbers) => numbers.Max(number => $"{number:x}");

        public static void SortedArray(string[] texts) => Array.Sort(texts);

        public static void SortedList(List<string> texts) => texts.Sort();

        public static void SortedSpan(Span<string> texts) => texts.Sort();

        public static object SortedMap() => new SortedDictionary<string, int>();

        public static object Default() => Comparer<string>.Default;

        public static object Named() => StringComparer.CurrentCulture;

        public static object Invariant() => StringComparer.InvariantCultureIgnoreCase;

        public static int Compared(string a, string b) => string.Compare(a, b);

        public static int ComparedTo(string a, string b) => a.CompareTo(b);

        public static bool Begins(string a, string b) => a.StartsWith(b);

        public static int Found(string a, string b) => a.IndexOf(b);

        public static string Small(string a) => a.ToLower();

        public static object Current() => CultureInfo.CurrentCulture;
    }
#pragma warning restore

    static class Independent
    {
        public static object Numbers(string[] texts) => from text in texts orderby text.Length, text[0] select text;

        public static object Ordinal(string[] texts) => texts.Order(StringComparer.Ordinal).Max(text => text.Length);

        public static object Map() => new SortedDictionary<string, int>(StringComparer.Ordinal);

        public static void Sorted(List<string> texts) => texts.Sort((a, b) => string.CompareOrdinal(a, b));

        public static bool Compared(string a, string b) => a.StartsWith(b, StringComparison.Ordinal) && a.StartsWith('b') && a.Contains(b) && a.IndexOf('b') == 1 && a.ToLowerInvariant().Length == 1;

        public static string Number(double number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
