import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from submission.squad.words import basic_tokens, context_words

ASCII = st.text(st.characters(max_codepoint=0x7F))


def test_words_of_a_context_end_at_five_kinds_of_blank() -> None:
    assert context_words("a\tb\rc\nd\u202fe  f ") == ["a", "b", "c", "d", "e", "f"]


def test_other_blanks_stay_inside_a_word_of_a_context() -> None:
    assert context_words("a\u00a0b \u3000") == ["a\u00a0b", "\u3000"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't stop.", ["don", "'", "t", "stop", "."]),
        ("24\u201310", ["24", "\u2013", "10"]),
        ("a$b^c", ["a", "$", "b", "^", "c"]),
        ("Caf\u00e9 e\u0301t\u00e9", ["cafe", "ete"]),
        ("a\u4e2d\u570bb", ["a", "\u4e2d", "\u570b", "b"]),
        ("a\U0002b825b", ["a", "\U0002b825", "b"]),
        ("a\u200bb\ufeff\x00\x07c\ufffd", ["abc"]),
        ("a\x85b\x1cc", ["abc"]),
        ("a\u00a0b\u3000c\u2028d", ["a", "b", "c", "d"]),
        ("\u0130stanbul", ["istanbul"]),
        ("\u039f\u0394\u039f\u03a3", ["\u03bf\u03b4\u03bf\u03c2"]),
        ("\ud800lone", ["lone"]),
        ("\u0378", []),
        ("[SEP]", ["[", "sep", "]"]),
    ],
)
def test_text_becomes_plain_words_and_marks(text: str, tokens: list[str]) -> None:
    assert basic_tokens(text) == tokens


def test_a_word_to_keep_stays_whole_only_between_blanks() -> None:
    keep = frozenset({"[SEP]"})
    assert basic_tokens("A [SEP]\u00a0B", keep) == ["a", "[SEP]", "b"]
    assert basic_tokens("A[SEP] [sep]", keep) == ["a", "[", "sep", "]", "[", "sep", "]"]


@given(text=ASCII)
def test_plain_text_is_cut_as_the_tokenizers_package_cuts_it(text: str) -> None:
    cleaned = BertNormalizer(lowercase=True).normalize_str(text)
    assert basic_tokens(text) == [word for word, _ in BertPreTokenizer().pre_tokenize_str(cleaned)]


@given(text=st.text())
def test_no_token_holds_a_blank_an_accent_or_a_control_character(text: str) -> None:
    for token in basic_tokens(text):
        categories = {unicodedata.category(char) for char in token}
        assert token
        assert not categories & {"Zs", "Zl", "Zp", "Mn", "Cc", "Cf", "Cn"}


@given(text=st.text())
def test_cutting_again_changes_nothing(text: str) -> None:
    once = " ".join(basic_tokens(text))
    assert " ".join(basic_tokens(once)) == once
