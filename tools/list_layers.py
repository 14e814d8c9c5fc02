"""The table of all layers in docs/layers.md, from the layers and from the tests' own tables.

    python tools/list_layers.py         prints the page
    python tools/list_layers.py --write writes docs/layers.md

`tests/layers/test_contract.py` says so when the page is out of date.
"""

import argparse
import inspect
import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAD = """# Layers

Every layer with its arguments (names, order and defaults are Keras's), made by
`python tools/list_layers.py --write`. `*` stands before arguments by keyword only; all take `name`,
`dtype` ("float32", "float64"), `trainable` and `activity_regularizer`.

Columns: **checks** counts option sets in the contract table (`tests/layers/layer_table.py`), each
put through shape inference, both dtypes, config there and back, names of weights, numerical
gradients in float64 in training and inference, recorded steps against eager ones, one thread
against three, saving and loading; **formats** are the `data_format`s among them; **Keras** counts
cases compared with real Keras 3.15 (`tests/golden/keras`: output, gradients, weights, config).

| layer | arguments | checks | formats | Keras |
|---|---|---|---|---|
"""
COMMON = {"self", "kwargs", "name", "dtype", "trainable", "activity_regularizer"}


def arguments(cls: type) -> str:
    """The constructor's own arguments with their defaults."""
    found, keyword_only = [], False
    for p in inspect.signature(cls.__init__).parameters.values():
        if p.name in COMMON or p.kind is p.VAR_KEYWORD:
            continue
        if p.kind is p.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            found.append("*")
        default = "" if p.default is p.empty else f"={p.default!r}"
        found.append(f"{p.name}{default}")
    return f"`{', '.join(found)}`" if found else ""


def page() -> str:
    """The whole page."""
    sys.path.insert(0, str(ROOT / "tests" / "layers"))
    from layer_table import ROWS

    import fastconv as keras

    golden = json.loads((ROOT / "tests/golden/keras/layers.json").read_text(encoding="utf-8"))
    cases = Counter(case["class_name"] for case in golden.values())
    checks = Counter(row.name for row in ROWS)
    first = {row.name for row in ROWS if row.kwargs.get("data_format") == "channels_first"}
    exported = {getattr(keras.layers, name) for name in keras.layers.__all__}
    layers = {c.__name__: c for c in exported if isinstance(c, type)}
    lines = []
    for name in sorted(checks):
        takes = "data_format" in inspect.signature(layers[name].__init__).parameters
        formats = ("both" if name in first else "last") if takes else ""
        lines.append(
            f"| `{name}` | {arguments(layers[name])} | {checks[name]} | {formats} | "
            f"{cases[name] or ''} |"
        )
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        (ROOT / "docs/layers.md").write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")
