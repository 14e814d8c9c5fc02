"""Memory used again: what is handed out, what is kept, what survives threads and a fork."""

import os
import threading

import numpy as np
import pytest

from fastconv import signal
from fastconv._runtime.recycle import kept_bytes, recycled

MB = 1 << 20


def made(size, make=np.empty):
    with recycled():
        return make(size, np.uint8)


def test_a_large_array_gets_the_block_of_one_that_died():
    a = made(3 * MB)
    where = a.ctypes.data
    del a
    assert made(3 * MB).ctypes.data == where
    assert where % 64 == 0


def test_a_block_in_use_is_never_handed_out():
    arrays = [made(MB) for _ in range(20)]
    for i, a in enumerate(arrays):
        a[:] = i
    assert all((a == i).all() for i, a in enumerate(arrays))


def test_zeros_are_zeros_in_a_used_block():
    made(2 * MB)[:] = 7
    assert not made(2 * MB, np.zeros).any()


def test_a_resized_array_keeps_its_values():
    a = made(MB)
    a[:] = np.arange(MB) % 251
    a.resize(5 * MB, refcheck=False)
    assert (a[:MB] == np.arange(MB) % 251).all()
    assert not a[MB:].any()


def test_no_more_than_64_mb_are_kept():
    arrays = [made(9 * MB) for _ in range(20)]
    del arrays
    assert kept_bytes() <= 64 * MB
    made(100 * MB)
    assert kept_bytes() <= 64 * MB


def test_blocks_that_nobody_asks_for_are_given_back():
    made(30 * MB)
    assert kept_bytes() >= 30 * MB
    for _ in range(200):
        made(MB)
    made(2 * MB)
    assert kept_bytes() < 30 * MB


def test_too_large_an_array_is_a_memory_error():
    with pytest.raises(MemoryError), recycled():
        np.empty(1 << 60, np.uint8)


def test_small_arrays_and_other_contexts_are_left_alone():
    before = kept_bytes()
    made(1000)
    with recycled():
        pass
    np.empty(3 * MB, np.uint8)
    assert kept_bytes() <= before


def test_results_never_share_memory():
    rng = np.random.default_rng(0)
    x, h = rng.standard_normal((300, 300)), rng.standard_normal((40, 40))
    calls = [lambda: signal.convolve2d(x, h[:3, :3]), lambda: signal.fftconvolve(x, h)]
    kept = [call() for _ in range(10) for call in calls]
    for i, y in enumerate(kept):
        np.testing.assert_array_equal(y, kept[i % 2])


def test_threads_allocate_and_free_at_once():
    wrong = []

    def work(i):
        for n in range(200):
            a = made(MB // 8 * (1 + n % 5))
            a[:] = i
            if not (a == i).all():
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_forked_child_allocates():
    made(3 * MB)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if made(3 * MB, np.zeros).sum() == 0 else 1)
    assert os.waitpid(pid, 0)[1] == 0
