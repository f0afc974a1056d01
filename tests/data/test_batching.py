import numpy as np
import pytest

from autograd_lite.data import DataLoader, batches, text_batches


def joined(pairs):
    inputs, labels = zip(*pairs, strict=True)
    return np.concatenate(inputs), np.concatenate(labels)


class TestBatches:
    inputs, labels = np.arange(20.0).reshape(10, 2), np.arange(10)

    def test_without_a_seed_the_order_stays(self):
        pairs = batches(self.inputs, self.labels, 4)
        assert [len(labels) for _, labels in pairs] == [4, 4, 2]
        assert len(pairs) == 3
        assert isinstance(pairs, DataLoader)
        np.testing.assert_array_equal(joined(pairs)[1], self.labels)

    def test_shuffling_keeps_pairs_together_and_is_new_in_each_pass(self):
        pairs = batches(self.inputs, self.labels, 4, seed=0)
        (inputs, first), (_, second) = joined(pairs), joined(pairs)
        np.testing.assert_array_equal(inputs, self.inputs[first])
        np.testing.assert_array_equal(np.sort(first), self.labels)
        assert not np.array_equal(first, second)

    def test_the_same_seed_gives_the_same_order(self):
        one, two = (joined(batches(self.inputs, self.labels, 4, seed=3))[1] for _ in range(2))
        generator = joined(batches(self.inputs, self.labels, 4, seed=np.random.default_rng(3)))[1]
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, generator)

    def test_a_last_batch_that_is_not_full_can_be_dropped(self):
        pairs = batches(self.inputs, self.labels, 4, drop_last=True)
        assert [len(labels) for _, labels in pairs] == [4, 4]
        assert len(pairs) == 2

    def test_errors(self):
        with pytest.raises(ValueError, match="10 inputs but 9 labels"):
            batches(self.inputs, self.labels[:9], 4)
        with pytest.raises(ValueError, match="batch_size is 0"):
            batches(self.inputs, self.labels, 0)


class TestTextBatches:
    def test_targets_are_the_next_tokens_and_streams_continue(self):
        ids = np.arange(100, 131)
        pairs = list(text_batches(ids, batch_size=3, length=4))
        assert [inputs.shape for inputs, _ in pairs] == [(4, 3), (4, 3), (2, 3)]
        inputs, targets = joined(pairs)
        np.testing.assert_array_equal(inputs.T, ids[:30].reshape(3, 10))
        np.testing.assert_array_equal(targets, inputs + 1)

    def test_a_shorter_last_batch_can_be_dropped(self):
        pairs = text_batches(np.arange(31), 3, 4, drop_last=True)
        assert [inputs.shape for inputs, _ in pairs] == [(4, 3), (4, 3)]
        assert len(pairs) == 2

    def test_errors(self):
        with pytest.raises(ValueError, match="4 or more"):
            text_batches(np.arange(3), 3, 4)
        with pytest.raises(ValueError, match="length is 0"):
            text_batches(np.arange(30), 3, 0)

    def test_streams_too_short_for_a_full_batch_are_refused(self):
        with pytest.raises(ValueError, match="leaves nothing of 9 items"):
            text_batches(np.arange(28), 3, 10, drop_last=True)
