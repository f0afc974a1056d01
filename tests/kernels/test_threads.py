"""Threads of our own: pieces side by side give what they give one after the other, whatever goes wrong in them."""

import _thread
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from autograd_lite.kernels import blas, threads

HALVES = [slice(0, 3), slice(3, 6)]
needs_blas = pytest.mark.skipif(not blas.can_set_threads(), reason="NumPy's BLAS does not tell its number of threads")


@pytest.fixture(autouse=True)
def restored():
    """The numbers of threads as they were."""
    number, kept = threads._number, blas.get_threads()
    yield
    threads._number = number
    blas.set_threads(kept)


@needs_blas
def test_the_number_is_the_process_wide_one_of_products_too():
    threads.set_num_threads(np.int64(1))
    assert (threads.get_num_threads(), blas.get_threads()) == (1, 1)
    threads.set_num_threads(2)
    assert (threads.get_num_threads(), blas.get_threads()) == (2, 2)


@pytest.mark.parametrize(("number", "error"), [(0, ValueError), (-1, ValueError), (1.0, TypeError), (True, TypeError)])
def test_a_number_that_makes_no_sense(number, error):
    before = threads.get_num_threads()
    with pytest.raises(error, match="set_num_threads"):
        threads.set_num_threads(number)
    assert threads.get_num_threads() == before


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("3", 3)])
def test_the_environment_variable(monkeypatch, text, number):
    monkeypatch.setenv(threads.VARIABLE, text)
    threads._number = 0
    assert threads.get_num_threads() == number


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_an_environment_variable_that_makes_no_sense(monkeypatch, text):
    monkeypatch.setenv(threads.VARIABLE, text)
    threads._number = 0
    with pytest.raises(ValueError, match=threads.VARIABLE):
        threads.get_num_threads()


# -- pieces ------------------------------------------------------------------------------------------------------


@needs_blas
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("length", [0, 1, 2, 7])
def test_pieces_cover_everything_once(number, length):
    threads.set_num_threads(number)
    parts = threads.pieces(length, 1.0)
    assert 1 <= len(parts) <= number
    assert [i for part in parts for i in range(length)[part]] == list(range(length))


def test_short_work_is_not_divided():
    threads.set_num_threads(2)
    assert threads.pieces(100, threads.WORTH_DIVIDING / 2) == [slice(0, 100)]


@needs_blas
def test_pieces_run_side_by_side_in_order():
    together = threading.Barrier(2, timeout=30)

    def work(part):
        together.wait()  # passed only if both pieces are under way
        return part.start, threading.get_ident()

    (first, caller), (second, helper) = threads.run(work, HALVES)
    assert (first, second) == (0, 3)
    assert caller == threading.get_ident() != helper


def test_products_inside_take_one_thread_and_afterwards_as_many_as_before():
    blas.set_threads(2)
    before = blas.get_threads()
    assert threads.run(lambda part: blas.get_threads(), HALVES) == [1, 1]
    assert blas.get_threads() == before


def test_what_a_piece_divides_again_runs_in_that_piece():
    def work(part):
        return {threading.get_ident(), *threads.run(lambda part: threading.get_ident(), HALVES)}

    assert [len(idents) for idents in threads.run(work, HALVES)] == [1, 1]


@pytest.mark.parametrize("failing", [{0}, {3}, {0, 3}])
def test_the_first_error_is_raised_when_all_pieces_have_ended(failing):
    ended = []

    def work(part):
        try:
            if part.start in failing:
                raise KeyError(part.start)
        finally:
            ended.append(part.start)

    before = blas.get_threads()
    with pytest.raises(KeyError, match=str(min(failing))):
        threads.run(work, HALVES)
    assert sorted(ended) == [0, 3]
    assert blas.get_threads() == before
    assert threads.run(lambda part: part.start, HALVES) == [0, 3]  # and they work on


def test_error_settings_hold_in_each_piece():
    def work(part):
        return np.ones(part.stop) / np.zeros(part.stop)

    with np.errstate(divide="ignore"):
        assert all(np.isinf(part).all() for part in threads.run(work, HALVES))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        threads.run(lambda part: part.start and work(part), HALVES)


def test_calls_of_several_threads_at_once():
    results, errors = {}, []

    def user(i):
        try:
            for _ in range(50):
                results[i] = threads.run(lambda part: i * sum(range(6)[part]), HALVES)
        except BaseException as error:
            errors.append(error)

    before = blas.get_threads()
    users = [threading.Thread(target=user, args=(i,)) for i in range(4)]
    for thread in users:
        thread.start()
    for thread in users:
        thread.join()
    assert not errors
    assert results == {i: [3 * i, 12 * i] for i in range(4)}
    assert blas.get_threads() == before


def test_a_waiting_thread_keeps_no_array_alive():
    import weakref

    array = np.ones(6)
    alive = weakref.ref(array)
    threads.run(lambda part, array=array: array[part].sum(), HALVES)
    del array
    for _ in range(100):  # the helper lets go just after it has answered
        if alive() is None:
            break
        threading.Event().wait(0.01)
    assert alive() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_process_has_threads_of_its_own():
    script = """
import os, sys
from autograd_lite.kernels import blas, threads
halves = [slice(0, 3), slice(3, 6)]
work = lambda part: part.start
threads.set_num_threads(2)
assert threads.run(work, halves) == [0, 3]

def forked(part):  # with BLAS at one thread and the team at work
    if part.start:
        return 0
    child = os.fork()
    if not child:
        fine = blas.get_threads() in (1, 2) and threads.run(work, halves) == [0, 3]
        os._exit(0 if fine else 1)
    return os.waitpid(child, 0)[1]

sys.exit(sum(map(bool, threads.run(forked, halves))))
"""
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", script], timeout=60, check=False)
    assert result.returncode == 0


@needs_blas
def test_two_threads_give_what_one_gives():
    from autograd_lite.kernels import conv
    from autograd_lite.kernels.windows import Windows

    rng = np.random.default_rng(0)
    x, windows = rng.standard_normal((16, 6, 24, 24)), Windows.of((5, 5))
    weight, y = rng.standard_normal((16, 6, 5, 5)), rng.standard_normal((16, 16, 20, 20))
    results = []
    for number in (1, 2, 2):
        threads.set_num_threads(number)
        with conv.conv_kernel("width"):
            results.append([
                conv.correlate(x, weight, windows),
                conv.transposed(y, weight, windows),
                conv.filter_gradient(x, y, windows),
            ])  # fmt: skip
    for one, two, again in zip(*results, strict=True):
        np.testing.assert_array_equal(two, again)
        np.testing.assert_allclose(two, one, rtol=0, atol=1e-12 * np.abs(one).max())


@pytest.fixture
def interruptible():
    """A shell that runs the tests in the background lets them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@needs_blas
@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_wait_leaves_nothing_behind():
    interrupted = threading.Event()

    def slow(piece):
        if piece.start:
            interrupted.wait(60)  # the caller waits for as long
            time.sleep(0.1)
        return "late"

    def interrupt():
        _thread.interrupt_main()
        interrupted.set()

    timer = threading.Timer(0.1, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        threads.run(slow, HALVES)
    timer.join()
    assert threads.run(lambda piece: piece.start, HALVES) == [0, 3]
