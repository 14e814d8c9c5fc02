"""Many threads, forks, pools and Ctrl-C: right results, no hang, no more threads than asked for."""

import concurrent.futures
import multiprocessing
import os
import random
import signal as os_signal
import subprocess
import sys
import textwrap
import threading
import time

import joblib
import numpy as np
import pytest
from pool_jobs import IMAGES, LABELS, job, network

import fastconv as keras
from fastconv import signal

posix = pytest.mark.skipif(os.name != "posix", reason="forks and POSIX signals")


def signal_calls():
    """Every public function of `signal` that computes, as calls without arguments."""
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=5000), rng.normal(size=31)
    image, taps = rng.normal(size=(64, 70)).astype("f"), rng.normal(size=(5, 4)).astype("f")
    plan, fft = signal.plan_convolve(5000, h), signal.plan_correlate(5000, h, method="fft")
    return {
        "convolve": lambda: signal.convolve(x, h),
        "convolve by fft": lambda: signal.convolve(x, h, method="fft"),
        "correlate": lambda: signal.correlate(image, taps, "same"),
        "convolve2d": lambda: signal.convolve2d(image, taps, "same", "symm"),
        "correlate2d": lambda: signal.correlate2d(image, taps, boundary="wrap"),
        "fftconvolve": lambda: signal.fftconvolve(image, taps),
        "oaconvolve": lambda: signal.oaconvolve(x, h),
        "correlation_lags": lambda: signal.correlation_lags(50, 7),
        "choose_conv_method": lambda: np.array(signal.choose_conv_method(x, h)),
        "match_template": lambda: signal.match_template(image, taps),
        "plan_convolve": lambda: plan(x),
        "plan_correlate": lambda: fft(x),
    }


def trained():
    """Weights after two epochs: all of training in one array."""
    model = network()
    model.fit(IMAGES, LABELS, batch_size=16, epochs=2, shuffle=False, verbose=0)
    return np.concatenate([w.ravel() for w in model.get_weights()])


def in_threads(work, count=8):
    """Run ``work(number)`` in threads at once; raises what any of them raised."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        start = threading.Barrier(count)

        def begin(number):
            start.wait()
            work(number)

        for done in [pool.submit(begin, number) for number in range(count)]:
            done.result()


def same(a, b):
    return np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_every_signal_function_from_eight_threads_at_once():
    calls = signal_calls()
    want = {name: call() for name, call in calls.items()}

    def work(number):
        order = random.Random(number)
        for _ in range(5):
            for name in order.sample(sorted(calls), len(calls)):
                assert same(calls[name](), want[name]), name

    in_threads(work)


def test_one_model_predicts_from_many_threads():
    model = network()
    want = model.predict(IMAGES, verbose=0)
    sizes = {n: model.predict(IMAGES[:n], verbose=0) for n in (1, 7, 33)}
    assert all(same(y, want[:n]) for n, y in sizes.items())

    def work(number):
        for _ in range(6):
            assert same(model.predict(IMAGES, batch_size=8 + number, verbose=0), want)
            for n in sizes:
                assert same(model(IMAGES[:n], training=False), want[:n])

    in_threads(work)


def test_eight_threads_save_load_and_evaluate_at_once(tmp_path):
    model = network()
    want = model.evaluate(IMAGES, LABELS, verbose=0)

    def work(number):
        path = tmp_path / f"{number}.keras"
        model.save(path)
        loaded = keras.saving.load_model(path)
        assert loaded.evaluate(IMAGES, LABELS, verbose=0) == want
        loaded.train_on_batch(IMAGES, LABELS)

    in_threads(work)


def test_models_of_eight_threads_train_at_once():
    models = [network() for _ in range(8)]
    assert same(models[0].get_weights()[0], models[7].get_weights()[0])

    def work(number):
        models[number].fit(IMAGES, LABELS, batch_size=16, epochs=3, shuffle=False, verbose=0)

    in_threads(work)
    first, *others = (model.get_weights() for model in models)
    for weights in others:
        assert all(same(a, b) for a, b in zip(first, weights, strict=True))


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_bits_of_a_training_do_not_depend_on_threads(threads):
    before = keras.get_num_threads()
    try:
        keras.set_num_threads(1)
        one = trained()
        keras.set_num_threads(threads)
        assert same(trained(), one)
    finally:
        keras.set_num_threads(before)


# -- processes -------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_pools_of_processes_compute_as_the_parent_does(method):
    want = [job(seed) for seed in range(3)]  # before: the pool of threads runs in the parent
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, context) as pool:
        assert list(pool.map(job, range(3), timeout=240)) == want
    assert job(0) == want[0]


def test_joblib_runs_jobs_in_processes_and_threads():
    want = [job(seed) for seed in range(2)]
    for backend in ("loky", "threading"):
        found = joblib.Parallel(2, backend=backend)(joblib.delayed(job)(s) for s in range(2))
        assert found == want


@posix
def test_a_forked_child_goes_on_training():
    model = network()
    model.train_on_batch(IMAGES, LABELS)
    pid = os.fork()
    if not pid:
        status = 1
        try:
            model.fit(IMAGES, LABELS, verbose=0)
            status = 0
        finally:
            os._exit(status)
    model.fit(IMAGES, LABELS, verbose=0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


# -- signals ---------------------------------------------------------------------------------------

FIT = """
    import time
    import numpy as np
    import fastconv as keras
    layers = keras.layers
    model = keras.Sequential([keras.Input((32, 32, 8))] + {layers})
    model.compile("adam", "mse")
    x = np.random.default_rng(0).random((4096, 32, 32, 8)).astype("f")
    y = np.zeros((4096, 1), "f")
    model.train_on_batch(x[:256], y[:256])
    print("ready", flush=True)
    try:
        model.{call}
        print("finished", flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    assert all(np.isfinite(w).all() for w in model.get_weights())
    print(model.train_on_batch(x[:8], y[:8]) >= 0, flush=True)
"""
LAYERS = """[layers.Conv2D(32, 5, padding="same", activation="relu"), layers.Conv2D(32, 5),
    layers.GlobalAveragePooling2D(), layers.Dense(1)]"""


@posix
@pytest.mark.parametrize(
    "call", ["fit(x, y, batch_size=256, epochs=9, verbose=0)", "predict(x, batch_size=4096)"]
)
def test_ctrl_c_ends_fit_and_predict_within_a_second(call):
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(FIT.format(layers=" ".join(LAYERS.split()), call=call)),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.3)
    sent = spent(child.pid), time.monotonic()
    child.send_signal(os_signal.SIGINT)
    words = child.stdout.readline().split()
    # Others may hold the processors: what the child itself used in the meantime counts.
    waited = min(spent(child.pid) - sent[0], time.monotonic() - sent[1])
    assert words[-1] == "interrupted"
    assert waited < 1
    assert child.stdout.readline() == "True\n"
    assert child.wait() == 0


def spent(pid):
    """Processor seconds of a process, or the clock where /proc does not tell."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- pools within pools ----------------------------------------------------------------------------


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads in /proc")
def test_calls_from_a_pool_share_one_set_of_workers():
    """Eight callers and four threads a call are not 32 threads: workers are the process's own."""
    code = """
        import concurrent.futures, os
        import numpy as np
        import fastconv
        from fastconv import signal

        fastconv.set_num_threads(4)
        x, h = np.ones((600, 600), "f"), np.ones((7, 6), "f") + np.eye(7, 6, dtype="f")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: signal.convolve2d(x, h), range(64)))
            print(len(os.listdir("/proc/self/task")))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) <= 1 + 8 + 3
