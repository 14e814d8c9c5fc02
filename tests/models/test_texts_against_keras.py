"""What we print is what Keras 3.15 printed (tests/golden/keras/texts.json).

Into pipes the progress bar differs by intent: Keras fills them with escapes and backspaces.
"""

import re
import tempfile
from contextlib import redirect_stdout

import keras_golden
import pytest
from keras_cases import text_cases
from keras_cases.capture import to_pipe, to_terminal
from keras_cases.texts import PROGBARS, run_progbar, without_addresses

import fastconv as keras

TEXTS = keras_golden.load("texts")
# Numbers of a run with random weights; a line's length follows from theirs.
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]\d+)?(?![\d;]*m)|nan")
COLOR = re.compile(r"\x1b\[[\d;]*m")
# what a verbose=1 run shows at last on each line
FRAME = re.compile(r"[^\n]*\r(?=[^\r\n]*\n)")


def caught(how, function):
    """What the function writes to descriptor 1, on which pytest has put no stream of its own."""
    with open(1, "w", closefd=False, encoding="utf-8") as stream, redirect_stdout(stream):
        return without_addresses(how(function))


def printed(how, show):
    keras.utils.clear_session()
    keras.utils.set_random_seed(7)
    return caught(how, lambda: show(keras))


def without_numbers(text):
    text = re.sub(r"(?<= )\d+(ms|us|s)(/step|/epoch)?|\d+:\d\d", "TIME", text)
    return re.sub(r" +\n", "\n", NUMBER.sub("N", text))


# Keras cuts every line into a pipe off at 80 columns, asked for 120 or not
@pytest.mark.parametrize("case", [n for n in text_cases.SUMMARIES if n != "cnn_line_length_120"])
def test_summary_into_a_pipe(case):
    assert printed(to_pipe, text_cases.SUMMARIES[case]) == TEXTS["pipe/summary"][case]


@pytest.mark.parametrize("case", text_cases.TERMINAL["summary"])
def test_summary_on_a_terminal(case):
    found = printed(to_terminal, text_cases.TERMINAL["summary"][case])
    assert "\x1b[1m" in found
    # the words; Rich's colours follow the terminal, and are set otherwise
    assert COLOR.sub("", found) == COLOR.sub("", TEXTS["terminal/summary"][case])


@pytest.mark.parametrize("case", [n for n in text_cases.TRAINING if "_2" in n or "_0" in n])
def test_training_by_lines(case):
    found = printed(to_pipe, text_cases.TRAINING[case])
    assert without_numbers(found) == without_numbers(TEXTS["pipe/training"][case])


@pytest.mark.parametrize("case", text_cases.TERMINAL["training"])
def test_finished_lines_of_training_on_a_terminal(case):
    found = printed(to_terminal, text_cases.TERMINAL["training"][case])
    shown = [
        without_numbers(FRAME.sub("", text.replace("\r\n", "\n").replace("\b", "")))
        for text in (found, TEXTS["terminal/training"][case])
    ]
    assert shown[0] == shown[1]


# Those within fit say what the figures of that run were.
@pytest.mark.parametrize("case", [n for n in text_cases.CALLBACKS if "_in_fit" not in n])
def test_messages_of_callbacks(case):
    found, expected = (
        re.sub(r"/tmp/\w+", "", text.replace(tempfile.gettempdir(), "/tmp"))
        for text in (
            printed(to_pipe, text_cases.CALLBACKS[case]),
            TEXTS["pipe/callbacks"][case],
        )
    )
    assert found == expected


@pytest.mark.parametrize("case", PROGBARS)
def test_progress_bar_on_a_terminal(case):
    assert (
        caught(to_terminal, lambda: run_progbar(keras, case))
        == TEXTS[f"progbar/{case}"]["terminal"]
    )
