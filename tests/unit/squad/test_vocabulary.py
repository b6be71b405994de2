from pathlib import Path

import pytest

from submission.errors import StageError
from submission.squad.vocabulary import Vocabulary, load_vocabulary


def spelled(vocabulary: Vocabulary, text: str) -> list[str]:
    return [vocabulary.tokens[number] for number in vocabulary.ids(text)]


def test_a_word_is_cut_into_the_longest_known_pieces(vocabulary: Vocabulary) -> None:
    assert spelled(vocabulary, "Cats sat.") == ["cat", "##s", "sat", "."]


def test_a_word_with_an_unknown_piece_is_unknown_as_a_whole(vocabulary: Vocabulary) -> None:
    assert spelled(vocabulary, "catx") == ["[UNK]"]


def test_a_word_of_more_than_a_hundred_characters_is_unknown(vocabulary: Vocabulary) -> None:
    assert spelled(vocabulary, "s" * 100) == ["s"] + ["##s"] * 99
    assert spelled(vocabulary, "s" * 101) == ["[UNK]"]


def test_a_special_token_in_the_text_is_itself_only_between_blanks(vocabulary: Vocabulary) -> None:
    assert spelled(vocabulary, "cat [SEP] cat") == ["cat", "[SEP]", "cat"]
    assert spelled(vocabulary, "cat[SEP]") == ["cat", "[UNK]", "[UNK]", "[UNK]"]
    assert spelled(vocabulary, "[MASK]") == ["[UNK]"]


def test_a_text_without_words_has_no_tokens(vocabulary: Vocabulary) -> None:
    assert vocabulary.ids("\u200b \x00") == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_number_is_the_id(tmp_path: Path, end: str) -> None:
    path = tmp_path / "vocab.txt"
    path.write_bytes(end.join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u2028", ""]).encode())
    assert load_vocabulary(path).tokens == ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u2028")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it has no line [PAD]"),
        (b"[PAD]\n[UNK]\n[SEP]\n", "it has no line [CLS]"),
        (b"[UNK]\n[PAD]\n[CLS]\n[SEP]\n", "[PAD] is not its first line"),
        (b"\xff\xfe", "can't decode byte 0xff"),
    ],
)
def test_what_is_no_vocabulary_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "vocab.txt"
    path.write_bytes(content)
    with pytest.raises(StageError, match="the vocabulary cannot be used") as caught:
        load_vocabulary(path)
    assert words in caught.value.detail


def test_a_missing_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="the vocabulary cannot be used"):
        load_vocabulary(tmp_path / "vocab.txt")
