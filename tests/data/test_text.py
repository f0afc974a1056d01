import numpy as np
import pytest

from autograd_lite.data import Vocabulary, words


def test_tokens_are_numbered_in_sorted_order():
    vocabulary = Vocabulary("hello")
    assert vocabulary.tokens == ("e", "h", "l", "o")
    assert len(vocabulary) == 4
    assert "h" in vocabulary
    np.testing.assert_array_equal(vocabulary.encode("hole"), [1, 3, 2, 0])
    assert vocabulary.encode("hole").dtype == np.int64


def test_decoding_undoes_encoding():
    text = "To be, or not to be\n"
    vocabulary = Vocabulary(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert vocabulary.decode([]) == ""


def test_unknown_tokens_get_the_last_number():
    vocabulary = Vocabulary("ab", unknown="?")
    np.testing.assert_array_equal(vocabulary.encode("azb"), [0, 2, 1])
    assert vocabulary.decode(vocabulary.encode("azb")) == "a?b"


def test_tokens_may_be_words():
    vocabulary = Vocabulary(["to ", "be ", "to "])
    assert vocabulary.decode(vocabulary.encode(["be ", "to "])) == "be to "


def test_errors_say_what_is_wrong():
    vocabulary = Vocabulary("ab")
    with pytest.raises(ValueError, match="the token 'z' is not among the 2"):
        vocabulary.encode("az")
    with pytest.raises(IndexError, match="from -1 to 2"):
        vocabulary.decode([-1, 2])
    with pytest.raises(ValueError, match="no tokens"):
        Vocabulary("")


def test_words_and_marks():
    text = "Who's there?  Well-known, --I\u2019ll tell\nthee 3 times."
    assert words(text) == [
        *("Who's", "there", "?", "Well-known", ",", "-", "-", "I\u2019ll", "tell", "thee", "3", "times", ".")
    ]


def test_words_are_joined_by_the_separator():
    text = words("to be or not to be")
    vocabulary = Vocabulary(text, separator=" ")
    assert vocabulary.decode(vocabulary.encode(text)) == "to be or not to be"


def test_rare_tokens_count_as_unknown():
    vocabulary = Vocabulary("aaabbc", unknown="?", min_count=2)
    assert vocabulary.tokens == ("a", "b", "?")
    assert vocabulary.decode(vocabulary.encode("abc")) == "ab?"


def test_the_end_token_comes_after_the_unknown_one():
    vocabulary = Vocabulary(["to", "be"], unknown="<unk>", end="<end>", separator=" ")
    assert vocabulary.tokens == ("be", "to", "<unk>", "<end>")
    assert vocabulary.number("<end>") == 3
    ids = vocabulary.encode(["to", "see"], end=True)
    np.testing.assert_array_equal(ids, [1, 2, 3])
    assert vocabulary.decode(ids) == "to <unk> <end>"
    assert vocabulary.decode([*ids, 0, 3], until_end=True) == "to <unk>"
    assert vocabulary.decode([1, 0], until_end=True) == "to be"
    assert repr(vocabulary) == "<Vocabulary of 4 tokens, with unknown, with end>"


@pytest.mark.parametrize(
    "vocabulary",
    [
        Vocabulary('he said "\\ \n\u00e9\U0001f600\ud800'),
        Vocabulary("abc", unknown="b"),
        Vocabulary(words("to be or not to be"), unknown="<unk>", end="<end>", min_count=2, separator=" "),
    ],
)
def test_a_saved_vocabulary_is_the_same(tmp_path, vocabulary):
    file = tmp_path / "vocabulary.json"
    vocabulary.save(file)
    loaded = Vocabulary.load(file)
    assert loaded == vocabulary
    assert hash(loaded) == hash(vocabulary)
    assert loaded.tokens == vocabulary.tokens
    assert [path.name for path in tmp_path.iterdir()] == ["vocabulary.json"]
    assert Vocabulary.from_dict(vocabulary.to_dict()) == vocabulary


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[1, 2]",
        b'{"tokens": ["a"]}',
        b'{"tokens": "ab", "unknown": null, "end": null, "separator": ""}',
        b'{"tokens": [1, 2], "unknown": null, "end": null, "separator": ""}',
        b'{"tokens": ["a"], "unknown": 3, "end": null, "separator": ""}',
        b'{"tokens": ["a"], "unknown": null, "end": null, "separator": null}',
        b'{"tokens": ["b", "a"], "unknown": null, "end": null, "separator": ""}',
        b'{"tokens": ["a", "a"], "unknown": null, "end": null, "separator": ""}',
        b'{"tokens": [], "unknown": null, "end": null, "separator": ""}',
    ],
)
def test_a_file_that_holds_something_else_is_refused(tmp_path, content):
    file = tmp_path / "vocabulary.json"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"vocabulary.json holds no vocabulary"):
        Vocabulary.load(file)


def test_special_tokens_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="two different tokens"):
        Vocabulary("ab", unknown="?", end="?")
    with pytest.raises(ValueError, match="min_count=2"):
        Vocabulary("ab", min_count=2)
    with pytest.raises(ValueError, match="no end token"):
        Vocabulary("ab").encode("a", end=True)
