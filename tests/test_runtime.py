"""The thread pool and recorded programs: same results whoever calls, forks or interrupts."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from fastconv import _kernels, _runtime
from fastconv._runtime import Program, launch, limit_threads, scope

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and POSIX signals")


@pytest.fixture(autouse=True)
def three_threads():
    old = _runtime.get_num_threads()
    _runtime.set_num_threads(3)
    yield
    _runtime.set_num_threads(old)


class Job:
    """One launch whose answer is known: y = x convolved with a box of k ones."""

    def __init__(self, seed=0, n=20000, k=31):
        self.x = np.random.default_rng(seed).integers(-99, 99, n + k - 1).astype(np.float64)
        self.h = np.ones(k)
        self.y = np.empty(n)
        sums = np.cumsum(np.concatenate([[0], self.x]))
        self.expected = sums[k:] - sums[:-k]

    def launch(self, grain=512):
        self.y[:] = -1
        kernel = _kernels.get("conv1d_direct_f64")
        launch(kernel, (self.y, self.x, self.h), (self.h.size,), (), self.y.size, grain)

    def run(self, grain=512):
        self.launch(grain)
        np.testing.assert_array_equal(self.y, self.expected)


def python(code, **kwargs):
    """A child interpreter that runs `code` and can import this package."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        **kwargs,
    )


@pytest.mark.parametrize("threads", range(1, 8))
def test_every_number_of_threads_computes_every_chunk(threads):
    _runtime.set_num_threads(threads)
    job = Job()
    for grain in (1, 7, 999, 20000, 10**9):
        job.run(grain)


def test_number_of_threads_is_clipped():
    _runtime.set_num_threads(10**6)
    assert 1 < _runtime.get_num_threads() < 10**6
    _runtime.set_num_threads(-5)
    assert _runtime.get_num_threads() == 1


def test_no_items_run_no_kernel():
    job = Job()
    job.y[:] = -1
    kernel = _kernels.get("conv1d_direct_f64")
    launch(kernel, (job.y, job.x, job.h), (job.h.size,), (), 0, 1)
    assert (job.y == -1).all()


def test_eight_python_threads_at_once():
    failures = []

    def work(seed):
        try:
            job = Job(seed)
            for _ in range(30):
                job.run(grain=1 + seed * 97)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads in /proc")
def test_limit_holds_for_its_thread_and_block_only():
    # A kernel call cannot tell how many threads it ran on, so count those that were started.
    code = """
        import os, threading
        import numpy as np
        from fastconv import _kernels, _runtime

        def threads():
            return len(os.listdir("/proc/self/task"))

        def run():
            y, x = np.empty(4000), np.ones(4004)
            kernel = _kernels.get("conv1d_direct_f64")
            _runtime.launch(kernel, (y, x, np.ones(5)), (5,), (), 4000, 10)

        _runtime.set_num_threads(4)
        before = threads()
        with _runtime.limit_threads(1):
            run()
            print(threads() - before)
            with _runtime.limit_threads(2):
                run()
                print(threads() - before)
        run()
        print(threads() - before)
    """
    child = python(code)
    assert child.communicate()[0].split() == ["0", "1", "3"]


def test_limit_is_restored_after_an_error():
    with pytest.raises(KeyError), limit_threads(1):
        raise KeyError
    Job().run()


def test_scope_changes_no_result():
    job = Job()
    with scope():
        for _ in range(20):
            job.run()


def test_launch_names_what_it_refuses():
    kernel = _kernels.get("conv1d_direct_f64")
    with pytest.raises(TypeError, match="conv1d_direct_f64: buffer 1 must be an ndarray"):
        launch(kernel, (np.empty(1), [1.0], np.ones(1)), (1,), (), 1, 1)
    with pytest.raises(ValueError, match="conv1d_direct_f64: too many operands"):
        launch(kernel, (np.empty(1),) * 100, (1,), (), 1, 1)


def test_program_replays_what_was_launched_while_it_recorded():
    first, second = Job(1), Job(2, n=777)
    program = Program()
    with program:
        first.run()
        second.run()
    assert len(program) == 2
    first.y[:] = second.y[:] = 0
    program.run()
    np.testing.assert_array_equal(first.y, first.expected)
    np.testing.assert_array_equal(second.y, second.expected)
    first.x[:] = 2 * first.x  # operands are read again at each run
    program.run()
    np.testing.assert_array_equal(first.y, 2 * first.expected)


def test_launches_outside_a_program_are_not_recorded():
    job, other = Job(1), Job(2)
    program, inner = Program(), Program()
    with program:
        job.run()
        with inner:
            other.run()
        thread = threading.Thread(target=other.run)
        thread.start()
        thread.join()
        job.run()
    other.run()
    assert (len(program), len(inner)) == (2, 1)


def test_program_keeps_its_arrays_alive():
    program = Program()
    with program:
        Job(3).run()
    blocks = [np.full(20000, np.nan) for _ in range(50)]  # would land on freed memory
    for _ in range(5):
        program.run()
    assert all(np.isnan(block).all() for block in blocks)


def test_programs_run_from_many_threads_at_once():
    jobs = [Job(seed, n=3000 + seed) for seed in range(6)]
    programs = []
    for job in jobs:
        program = Program()
        with program:
            job.launch()
        programs.append(program)
        job.y[:] = 0
    threads = [threading.Thread(target=program.run) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for job in jobs:
        np.testing.assert_array_equal(job.y, job.expected)


@posix
def test_forked_child_computes_with_threads_of_its_own():
    Job().run()
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            try:
                Job(4).run()
                Job(5).run()
            except BaseException:
                os._exit(1)
            os._exit(0)
        deadline = time.monotonic() + 30
        status = None
        while status is None and time.monotonic() < deadline:
            done, code = os.waitpid(pid, os.WNOHANG)
            status = code if done else None
            time.sleep(0.01)
        if status is None:
            os.kill(pid, signal.SIGKILL)
        assert status == 0
        Job().run()


@posix
def test_fork_while_another_thread_computes():
    stop = threading.Event()

    def busy():
        job = Job(6)
        while not stop.is_set():
            job.run(grain=64)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                try:
                    Job(7).run()
                except BaseException:
                    os._exit(1)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
    finally:
        stop.set()
        thread.join()


LONG = """
    import time
    import numpy as np
    from fastconv import _kernels, _runtime
    {setup}
    n, k = 400_000, 400_000
    x, h, y = np.ones(n + k), np.ones(k), np.empty(n)
    print("ready", flush=True)
    start = time.monotonic()
    try:
        {call}
        print("finished", flush=True)
    except KeyboardInterrupt:
        print("interrupted", time.monotonic() - start, flush=True)
        y2 = np.empty(100)
        kernel = _kernels.get("conv1d_direct_f64")
        _runtime.launch(kernel, (y2, x, h), (5,), (), 100, 10)
        print("usable", bool((y2 == 5).all()), flush=True)
"""
CALL = "_runtime.launch(_kernels.get('conv1d_direct_f64'), (y, x, h), (k,), (), n, 160)"


@posix
@pytest.mark.parametrize("threads", [1, 3])
def test_ctrl_c_ends_a_long_call_within_a_second(threads):
    child = python(LONG.format(setup=f"_runtime.set_num_threads({threads})", call=CALL))
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.5)
    sent = time.monotonic()
    child.send_signal(signal.SIGINT)
    word, *_ = child.stdout.readline().split()
    waited = time.monotonic() - sent
    assert word == "interrupted"
    assert waited < 1
    assert child.stdout.readline() == "usable True\n"
    assert child.wait() == 0


@posix
def test_ctrl_c_wakes_the_main_thread_once_workers_exist():
    child = python(
        LONG.format(
            setup="",
            call=CALL.replace("(k,), (), n", "(5,), (), n")
            + "; print('go', flush=True); time.sleep(60)",
        )
    )
    assert child.stdout.readline() == "ready\n"
    assert child.stdout.readline() == "go\n"
    time.sleep(0.2)
    sent = time.monotonic()
    child.send_signal(signal.SIGINT)
    assert child.stdout.readline().startswith("interrupted")
    assert time.monotonic() - sent < 1
    child.communicate()
