import numpy as np
import pytest

from autograd_lite.data import Vocabulary


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
