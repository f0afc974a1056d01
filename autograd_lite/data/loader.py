"""Batches of any data, shuffled, transformed, and prepared ahead of time by a thread if wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import numpy as np

from .structure import Array, Data, as_arrays, take

Seed = np.random.Generator | int | None
Transform = Callable[[Any, np.random.Generator], Any]
Item = TypeVar("Item")


class DataLoader(Generic[Data]):
    """Data in batches; each iteration is one pass over it, and `len` is the number of batches.

    data: an array, or a tuple, named tuple or dict of arrays with N items each; a batch has the same structure, with
    up to `batch_size` items in each array. It holds copies, so it may be changed in place.
    shuffle: an order that is new in each pass. seed: with a number, pass `epoch` depends on (seed, epoch) only, so it
    can be repeated by setting `loader.epoch`, the number of the next pass, which counts from 0; a generator is drawn
    from as the passes come; None: a number of the system's choosing, which stands in `loader.seed`.
    drop_last: leave out a last batch that is not full.
    transforms: one or several ``function(batch, rng) -> batch``, applied in turn. Each gets a generator of its own for
    each batch, so what it draws depends on nothing but the pass, the batch and its place among the transforms.
    prefetch: how many batches a thread prepares ahead; 0: no thread, each is made when it is asked for. The batches
    are the same. The thread ends with the iteration, also if that is left early, and its exceptions are raised where
    the batch is asked for.

    Raises ValueError for arrays of different lengths, a batch_size below 1, a negative prefetch, or if drop_last
    leaves nothing.
    """

    def __init__(
        self,
        data: Data,
        batch_size: int = 1,
        *,
        shuffle: bool = False,
        seed: Seed = None,
        drop_last: bool = False,
        transforms: Transform | Sequence[Transform] = (),
        prefetch: int = 0,
    ):
        self.data, self.items = as_arrays("DataLoader", data)
        if batch_size < 1 or prefetch < 0:
            raise ValueError(
                f"DataLoader: batch_size is {batch_size}, prefetch {prefetch}; pass 1 or more, and 0 or more"
            )
        if drop_last and self.items < batch_size:
            raise ValueError(
                f"DataLoader: drop_last leaves nothing of {self.items} items, fewer than batch_size={batch_size};"
                " pass a smaller batch_size, or drop_last=False"
            )
        self.batch_size, self.shuffle, self.drop_last, self.prefetch = batch_size, shuffle, drop_last, prefetch
        self.transforms = (transforms,) if callable(transforms) else tuple(transforms)
        self.seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        self.epoch = 0

    def __len__(self) -> int:
        return self.items // self.batch_size if self.drop_last else -(-self.items // self.batch_size)

    def __repr__(self) -> str:
        return f"<DataLoader: {len(self)} batches of {self.batch_size} of {self.items} items>"

    def __iter__(self) -> Iterator[Data]:
        # All that depends on the loader's state is settled now, in the caller's thread.
        rng = self._rng_of_pass()
        order = rng.permutation(self.items) if self.shuffle else np.arange(self.items)
        entropy = int(rng.integers(2**63)) if self.transforms else 0
        self.epoch += 1
        batches = self._batches(order, entropy)
        return prepared_ahead(batches, self.prefetch) if self.prefetch else batches

    def _rng_of_pass(self) -> np.random.Generator:
        if isinstance(self.seed, np.random.Generator):
            return self.seed
        return np.random.Generator(np.random.PCG64(self.seed).jumped(self.epoch))

    def _batches(self, order: Array, entropy: int) -> Iterator[Data]:
        for number in range(len(self)):
            batch = take(self.data, order[number * self.batch_size : (number + 1) * self.batch_size])
            for place, transform in enumerate(self.transforms):
                batch = transform(batch, np.random.default_rng((entropy, number, place)))
            yield batch


def prepared_ahead(source: Iterator[Item], ahead: int) -> Iterator[Item]:
    """The items of `source`, taken from it by a thread that is up to `ahead` of them in advance.

    The thread starts with the first item asked for. It has ended when this iterator has: after the last item, after an
    exception, which is raised here with the thread's traceback, or when the iterator is closed or forgotten.
    """
    free, ready, stopped = threading.Semaphore(ahead), SimpleQueue[tuple[str, Any]](), threading.Event()

    def work() -> None:
        try:
            while free.acquire() and not stopped.is_set():
                ready.put(("item", next(source)))
        except StopIteration:
            ready.put(("end", None))
        except BaseException as error:  # whatever it is belongs to the one who asked for the batches
            ready.put(("error", error))

    thread = threading.Thread(target=work, name="autograd_lite: batches ahead", daemon=True)
    thread.start()
    try:
        while (message := ready.get())[0] == "item":
            free.release()
            yield message[1]
        if message[0] == "error":
            raise message[1]
    finally:
        stopped.set()
        free.release()
        if thread is not threading.current_thread():  # garbage collection may close this iterator from any thread
            thread.join()
