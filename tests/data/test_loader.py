import gc
import threading
from typing import NamedTuple

import numpy as np
import pytest

from autograd_lite.data import DataLoader
from autograd_lite.data.loader import prepared_ahead


class Pair(NamedTuple):
    x: np.ndarray
    y: np.ndarray


X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)
STRUCTURES = {"array": Y, "tuple": (X, Y), "named tuple": Pair(X, Y), "dict": {"x": X, "y": Y}}


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("autograd_lite")]


def numbers(loader):
    return np.concatenate(list(loader)).tolist()


@pytest.mark.parametrize("data", STRUCTURES.values(), ids=STRUCTURES)
def test_batches_have_the_structure_of_the_data(data):
    loader = DataLoader(data, 4, shuffle=True, seed=0)
    parts = []
    for batch in loader:
        assert type(batch) is type(data)
        parts.append(batch.values() if isinstance(batch, dict) else batch if isinstance(batch, tuple) else [batch])
    *x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
    assert sorted(y) == Y.tolist()
    if x:
        np.testing.assert_array_equal(x[0], X[y])


def test_a_list_is_taken_as_a_tuple_and_lists_as_arrays():
    (batch,) = DataLoader([[1, 2], [3, 4]], 2)
    assert isinstance(batch, tuple)
    np.testing.assert_array_equal(batch, [[1, 2], [3, 4]])


@pytest.mark.parametrize(("drop_last", "lengths"), [(False, [4, 4, 2]), (True, [4, 4])])
def test_the_last_batch(drop_last, lengths):
    loader = DataLoader(Y, 4, drop_last=drop_last)
    assert [len(batch) for batch in loader] == lengths
    assert len(loader) == len(lengths)


def test_the_order_is_the_datas_unless_shuffled():
    assert numbers(DataLoader(Y, 3)) == Y.tolist()
    assert numbers(DataLoader(Y, 3, seed=0)) == Y.tolist()
    assert numbers(DataLoader(Y, 3, shuffle=True, seed=0)) != Y.tolist()


def test_each_pass_has_an_order_of_its_own_that_seed_and_epoch_repeat():
    loader = DataLoader(Y, 3, shuffle=True, seed=5)
    passes = [numbers(loader) for _ in range(4)]
    assert len({tuple(order) for order in passes}) == 4
    resumed = DataLoader(Y, 3, shuffle=True, seed=5)
    resumed.epoch = 2
    assert [numbers(resumed), numbers(resumed)] == passes[2:]
    assert resumed.epoch == 4


def test_a_seed_of_the_systems_choosing_is_told():
    first, second = (DataLoader(np.arange(100), 3, shuffle=True) for _ in range(2))
    order = numbers(first)
    assert order != numbers(second)
    assert numbers(DataLoader(np.arange(100), 3, shuffle=True, seed=first.seed)) == order


def test_a_generator_is_drawn_from_in_each_pass():
    loader, rng = DataLoader(Y, 3, shuffle=True, seed=np.random.default_rng(1)), np.random.default_rng(1)
    assert [numbers(loader), numbers(loader)] == [rng.permutation(10).tolist(), rng.permutation(10).tolist()]


def test_batches_are_copies():
    data = Y.copy()
    for batch in DataLoader(data, 5):
        batch += 1
    np.testing.assert_array_equal(data, Y)


class TestTransforms:
    @staticmethod
    def noisy(batch, rng):
        return batch + rng.random(len(batch))

    def test_they_are_applied_in_turn(self):
        loader = DataLoader(Y, 5, transforms=[lambda batch, rng: batch + 1, lambda batch, rng: batch * 2])
        assert numbers(loader) == (2 * (Y + 1)).tolist()

    def test_what_they_draw_is_new_in_each_batch_and_pass_and_can_be_repeated(self):
        loader = DataLoader(np.zeros(12), 4, seed=3, transforms=self.noisy)
        first, second = numbers(loader), numbers(loader)
        assert len(set(first + second)) == 24
        loader.epoch = 0
        assert numbers(loader) == first

    def test_each_has_a_generator_of_its_own(self):
        alone = DataLoader(np.zeros(8), 4, seed=3, transforms=self.noisy)
        followed = DataLoader(np.zeros(8), 4, seed=3, transforms=[self.noisy, lambda batch, rng: batch + rng.random()])
        gone = np.array(numbers(followed)) - np.array(numbers(alone))
        np.testing.assert_allclose(gone, np.repeat(gone[::4], 4))


class TestPrefetch:
    @pytest.mark.parametrize("ahead", [1, 2, 50])
    def test_the_batches_are_the_same_in_the_same_order(self, ahead):
        def batches(prefetch):
            loader = DataLoader(Y, 3, shuffle=True, seed=0, transforms=TestTransforms.noisy, prefetch=prefetch)
            return [numbers(loader) for _ in range(3)]

        assert batches(ahead) == batches(0)
        assert not threads()

    def test_a_thread_is_ahead_of_the_batch_asked_for_and_not_further(self):
        taken, third = [], threading.Event()

        def source():
            for number in range(10):
                taken.append(number)
                if number == 3:
                    third.set()
                yield number

        items = prepared_ahead(source(), 3)
        assert next(items) == 0
        assert third.wait(10)  # 0 is in use, 1 to 3 wait
        assert taken == [0, 1, 2, 3]
        items.close()

    def test_an_exception_reaches_the_one_who_iterates_with_its_traceback(self):
        def fails(batch, rng):
            if 7 in batch:
                raise KeyError("from the thread")
            return batch

        seen = []
        with pytest.raises(KeyError, match="from the thread") as caught:
            seen.extend(batch.tolist() for batch in DataLoader(Y, 3, transforms=fails, prefetch=2))
        assert seen == [[0, 1, 2], [3, 4, 5]]
        assert "fails" in [entry.name for entry in caught.traceback]
        assert not threads()

    def test_the_thread_ends_when_the_iteration_is_left_early(self):
        for _ in DataLoader(Y, 1, prefetch=3):
            assert len(threads()) == 1
            break
        gc.collect()
        assert not threads()

    def test_the_thread_ends_when_the_iterator_is_closed_or_fails_in_the_middle(self):
        batches = iter(DataLoader(Y, 1, prefetch=3))
        next(batches)
        batches.close()
        assert not threads()
        with pytest.raises(ZeroDivisionError):
            sum(1 / batch.sum().item() for batch in DataLoader(Y, 1, prefetch=3))
        gc.collect()
        assert not threads()

    def test_no_thread_without_an_item_asked_for(self):
        batches = iter(DataLoader(Y, 1, prefetch=3))
        assert not threads()
        del batches

    def test_two_passes_at_once(self):
        loader = DataLoader(Y, 2, shuffle=True, seed=0, prefetch=2)
        pairs = [(a.tolist(), b.tolist()) for a, b in zip(loader, loader, strict=True)]
        first, second = ([n for batch in side for n in batch] for side in zip(*pairs, strict=True))
        loader.epoch = 0
        assert [numbers(loader), numbers(loader)] == [first, second]
        gc.collect()
        assert not threads()


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ((X, Y[:9]), {}, "10 and 9 items"),
        (3.0, {}, "pass arrays"),
        ((), {}, "pass arrays"),
        (Y, {"batch_size": 0}, "batch_size is 0"),
        (Y, {"prefetch": -1}, "prefetch -1"),
        (Y, {"batch_size": 11, "drop_last": True}, "leaves nothing of 10 items"),
    ],
)
def test_what_makes_no_sense_is_refused(data, options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(data, **options)
