using System.Text;

namespace LoraComposition.Tests.Build;

public class LibstdcxxRemedyTests
{
    static bool Holds(byte[] file, string text) => Encoding.Latin1.GetString(file).Contains(text + "\0", StringComparison.Ordinal);

    [Fact]
    public void The_initialiser_becomes_the_harmless_symbol_and_the_version_an_older_one()
    {
        byte[] before = ElfImage.Typical().ToArray(), original = [.. before];

        byte[] after = LibstdcxxRemedy.Apply(before);

        before.Should().Equal(original, "the remedy works on a copy");
        byte[] expected = [.. before];
        int name = Encoding.Latin1.GetString(before).IndexOf("_ZSt21ios_base_library_initv", StringComparison.Ordinal);
        Encoding.ASCII.GetBytes("_ZSt13get_terminatev".PadRight("_ZSt21ios_base_library_initv".Length, '\0')).CopyTo(expected, name);
        // .gnu.version follows the symbols and the strings: the second symbol's entry turns from 18 to 7.
        int changed = Enumerable.Range(0, before.Length).Count(i => before[i] != after[i] && (i < name || i >= name + 28));
        changed.Should().Be(3, "the version of the symbol (18 → 7), and hash and name of the version (43513922 → 43513920)");
        after.AsSpan(name, 28).SequenceEqual(expected.AsSpan(name, 28)).Should().BeTrue();
        after.Length.Should().Be(before.Length);
        after.Count(b => b == 18).Should().Be(before.Count(b => b == 18) - 1);
    }

    [Fact]
    public void Applied_again_it_changes_nothing()
    {
        byte[] once = LibstdcxxRemedy.Apply(ElfImage.Typical().ToArray());
        LibstdcxxRemedy.Apply(once).Should().Equal(once);
    }

    [Fact]
    public void A_file_that_does_not_ask_for_the_new_version_stays_as_it_is()
    {
        byte[] file = new ElfImage().Version("GLIBCXX_3.4.30", 43513920, 29).Symbol("_ZSomething", 29).ToArray();
        LibstdcxxRemedy.Apply(file).Should().Equal(file);
    }

    [Fact]
    public void The_library_that_was_built_into_this_folder_asks_for_the_new_version_no_more_once_applied()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        File.Exists(path).Should().BeTrue("TorchSharp brings it along for every system");
        byte[] after = LibstdcxxRemedy.Apply(File.ReadAllBytes(path));

        Holds(after, "_ZSt21ios_base_library_initv").Should().BeFalse();
        Holds(after, "_ZSt13get_terminatev").Should().BeTrue();
        LibstdcxxRemedy.Apply(after).Should().Equal(after);
    }

    public static TheoryData<string, byte[]> NotUnderstood => new()
    {
        { "Not an ELF", [] },
        { "Not an ELF", Encoding.ASCII.GetBytes(new string('x', 100)) },
        { "64-bit little-endian", [.. new byte[] { 0x7f, 0x45, 0x4c, 0x46, 1, 1 }, .. new byte[100]] },
        { "no section table", [.. new byte[] { 0x7f, 0x45, 0x4c, 0x46, 2, 1 }, .. new byte[100]] },
        { "for '_ZOther' too", ElfImage.Typical().Symbol("_ZOther", 18).ToArray() },
        { "no symbol uses it", new ElfImage().Version("GLIBCXX_3.4.30", 1, 29).Version("GLIBCXX_3.4.32", 2, 18).Version("GLIBCXX_3.4.20", 3, 7).Symbol("_Z", 7).ToArray() },
        { "not for GLIBCXX_3.4.30", new ElfImage().Version("GLIBCXX_3.4.32", 2, 18).Symbol("_ZSt21ios_base_library_initv", 18).ToArray() },
    };

    [Theory]
    [MemberData(nameof(NotUnderstood))]
    public void A_file_it_does_not_understand_is_refused(string message, byte[] file)
    {
        var act = () => LibstdcxxRemedy.Apply(file);
        act.Should().Throw<InvalidDataException>().WithMessage($"*{message}*");
    }

    [Fact]
    public void A_name_shared_with_another_symbol_is_refused()
    {
        var image = new ElfImage().Version("GLIBCXX_3.4.30", 1, 29).Version("GLIBCXX_3.4.32", 2, 18).Version("GLIBCXX_3.4.20", 3, 7);
        int name = image.Text("_ZSt21ios_base_library_initv");
        var act = () => LibstdcxxRemedy.Apply(image.Symbol(name, 18).Symbol(name + 5, 7).ToArray());
        act.Should().Throw<InvalidDataException>().WithMessage("*shares the name*");
    }

    [Fact]
    public void A_file_cut_short_anywhere_is_refused_and_never_read_outside()
    {
        byte[] whole = ElfImage.Typical().ToArray();
        for (int length = 0; length < whole.Length; length += 7)
        {
            var act = () => LibstdcxxRemedy.Apply(whole[..length]);
            act.Should().Throw<InvalidDataException>($"{length} bytes are not the whole file");
        }
    }
}
