"""Nothing grows over thousands of calls, with and without errors: Python's blocks, malloc's bytes.

`sys.getallocatedblocks` counts every object of Python's own allocator, and glibc's `mallinfo2`
every byte behind it (arrays, workspaces, plans): one reference lost a call shows in both.
"""

import ctypes
import gc
import sys
import threading

import numpy as np
import pytest

import fastconv as keras
from fastconv import signal
from fastconv._runtime import Program

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks glibc's malloc")


class Mallinfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
        .split()
    ]  # fmt: skip


def held() -> tuple[int, int]:
    """(blocks of Python, bytes of malloc) in use."""
    gc.collect()
    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = Mallinfo
    info = libc.mallinfo2()
    return sys.getallocatedblocks(), info.uordblks + info.hblkhd


def check_growth(call, times: int) -> None:
    """Fail if `times` calls leave anything, and so do the next as many: caches fill up once."""
    for _ in range(max(20, times // 10)):
        call()
    found = []
    for _ in range(4):
        blocks, size = held()
        for _ in range(times):
            call()
        more_blocks, more_size = (b - a for a, b in zip((blocks, size), held(), strict=True))
        # Caches of the interpreter and of NumPy fill up at their own pace, and then stand.
        if more_blocks < max(150, times // 5) and more_size < max(16_384, 8 * times):
            return
        found.append((more_blocks, more_size))
    raise AssertionError(f"(objects, bytes) more after {times} calls, again and again: {found}")


def refused(error, function, *args, **kwargs):
    """A call that must raise `error`."""

    def call():
        try:
            function(*args, **kwargs)
        except error:
            return
        raise AssertionError("accepted")

    return call


def model(compiled: bool = True):
    made = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(2, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Dropout(0.3),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    if compiled:
        made.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


def signal_calls():
    x, h = np.arange(300.0), np.ones(9)
    image, taps = np.ones((20, 17), "f"), np.ones((3, 3), "f")
    plan, fft = signal.plan_convolve(300, h), signal.plan_convolve(300, h, method="fft")
    out = np.empty(308)
    yield "convolve", lambda: signal.convolve(x, h)
    yield "convolve, fft", lambda: signal.convolve(x, h, method="fft")
    yield "correlate", lambda: signal.correlate(x, h, "same")
    yield "convolve2d", lambda: signal.convolve2d(image, taps, "same", "wrap")
    yield "fftconvolve", lambda: signal.fftconvolve(x, h)
    yield "oaconvolve", lambda: signal.oaconvolve(x, h)
    yield "match_template", lambda: signal.match_template(image + x[:17], taps)
    yield "plan", lambda: plan(x)
    yield "plan into an array", lambda: plan(x, out=out)
    yield "plan by fft", lambda: fft(x)
    yield "a new plan", lambda: signal.plan_convolve(300, h, method="fft")(x)
    yield "wrong mode", refused(ValueError, signal.convolve, x, h, "no mode")
    yield "wrong axes", refused(ValueError, signal.convolve, image, x)
    yield "wrong object", refused((TypeError, ValueError), signal.convolve, object(), h)
    yield "too small", refused(ValueError, signal.convolve2d, image[:2], taps, "valid")
    yield "wrong out", refused(ValueError, signal.convolve, x, h, out=out[:-1])
    yield "plan, wrong shape", refused(ValueError, plan, x[:-1])
    yield "plan, wrong out", refused((TypeError, ValueError), plan, x, out=out[::2])


def model_calls(folder):
    rng = np.random.default_rng(0)
    x, y = rng.random((8, 6, 6, 1), np.float32), rng.integers(0, 3, 8)
    net, bare, stopped = model(), model(False), model()

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    stop = Stop()
    path = folder / "m.keras"
    legacy = folder / "m.h5"
    broken = folder / "broken.keras"
    net.save(path)
    broken.write_bytes(path.read_bytes()[:-100] + bytes(100))
    yield "call", lambda: net(x)
    yield "call to train", lambda: net(x, training=True)
    yield "train_on_batch", lambda: net.train_on_batch(x, y)
    yield "test_on_batch", lambda: net.test_on_batch(x, y)
    yield "predict_on_batch", lambda: net.predict_on_batch(x)
    yield "predict", lambda: net.predict(x, verbose=0)
    yield "evaluate", lambda: net.evaluate(x, y, verbose=0)
    yield "fit", lambda: net.fit(x, y, batch_size=3, verbose=0)
    yield "save", lambda: net.save(path)
    yield "load", lambda: keras.saving.load_model(path)
    yield "save and load .h5", lambda: (net.save(legacy), keras.saving.load_model(legacy))
    yield "clone", lambda: keras.models.clone_model(net)
    yield "wrong shape", refused(ValueError, net.predict, x[:, :3], verbose=0)
    yield "wrong label", refused(ValueError, net.train_on_batch, x, y + 7)
    yield "not compiled", refused(ValueError, bare.fit, x, y, verbose=0)
    yield "broken file", refused(ValueError, keras.saving.load_model, broken)
    yield "stopped", refused(KeyboardInterrupt, stopped.fit, x, y, verbose=0, callbacks=[stop])


HEAVY = {"fit", "load", "save", "save and load .h5", "clone", "broken file", "stopped", "predict",
         "evaluate", "wrong shape"}  # fmt: skip


def test_signals_do_not_grow():
    for name, call in signal_calls():
        print(name)
        check_growth(call, 300)


def test_models_do_not_grow(tmp_path):
    for name, call in model_calls(tmp_path):
        print(name)
        check_growth(call, 15 if name in HEAVY else 100)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_calls_do_not_grow(tmp_path):
    for name, call in (*signal_calls(), *model_calls(tmp_path)):
        print(name)
        check_growth(call, 1000 if name in HEAVY else 10_000)


def test_threads_that_end_leave_nothing():
    x, h = np.arange(3000.0), np.ones(30)

    def call():
        thread = threading.Thread(target=signal.convolve, args=(x, h))
        thread.start()
        thread.join()

    check_growth(call, 100)


def test_arguments_are_given_back():
    """No reference and no buffer export stays, after results and after errors."""
    x, h, out = np.arange(300.0), np.ones(9), np.empty(308)
    image = np.ones((4, 6, 6, 1), np.float32)
    labels = np.array([0, 1, 2, 9])
    net = model()
    plan = signal.plan_convolve(300, h)
    arrays = (x, h, out, image, labels)
    before = [sys.getrefcount(a) for a in arrays]
    signal.convolve(x, h, out=out)
    plan(x, out=out)
    refused(ValueError, signal.convolve, x, h, "no mode")()
    refused(ValueError, signal.convolve, x, h, out=out[:-1])()
    refused(ValueError, plan, x[:-1])()
    net.predict(image, verbose=0)
    refused(ValueError, net.train_on_batch, image, labels)()
    with Program():
        signal.convolve(x, h, out=out)
    gc.collect()
    assert [sys.getrefcount(a) for a in arrays] == before
    for a in arrays:
        a.resize(a.size + 1, refcheck=False)  # fails while a buffer is exported
