"""``model.summary()``: the table of layers as Keras prints it."""

import shutil
import sys
import unicodedata
from typing import Any

from fastconv.layers._shapes import is_shape
from fastconv.layers.input_layer import InputLayer
from fastconv.layers.layer import Layer
from fastconv.ops.symbolic import flatten

_BOLD, _END = "\x1b[1m", "\x1b[0m"
_BLUE, _GREEN, _CYAN = "\x1b[38;5;33m", "\x1b[38;5;34m", "\x1b[38;5;45m"


def width_of(text: str) -> int:
    """Columns that `text` takes on a terminal: East Asian wide characters take two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _pad(text: str, width: int, header: str = "") -> str:
    """`text` filled up with blanks: numbers to the right, the column "Trainable" centred."""
    free = width - width_of(text)
    left = {"Param #": free, "Trainable": free // 2}.get(header, 0)
    return " " * left + text + " " * (free - left)


def _cut(text: str, width: int) -> str:
    """The first characters of `text` that fit."""
    used = 0
    for i, c in enumerate(text):
        used += width_of(c)
        if used > width:
            return text[:i]
    return text


def _shorten(text: str, width: int) -> str:
    return text if width_of(text) <= width else _cut(text, width - 1) + "…"


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at blanks; longer words end in "…"."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = " " * (len(paragraph) - len(paragraph.lstrip(" ")))  # of nested layers
        for word in paragraph.lstrip(" ").split(" "):
            joined = f"{line} {word}" if line.strip() else line + word
            if width_of(joined) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            line = word
        lines.append(line)
    return [_shorten(line, width) for line in lines]


def memory_size(count: float) -> str:
    """Bytes as text: ``310.59 KB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            return f"{count:.2f} {unit}"
        count /= 1024
    raise AssertionError("unreachable")


def _bytes(variables: list[Any]) -> int:
    return sum(v.data.nbytes for v in variables)


def _count(variables: list[Any]) -> int:
    return sum(v.size for v in variables)


def _shape_text(shape: Any) -> str:
    return f"({', '.join(str(n) for n in shape)}" + (",)" if len(shape) == 1 else ")")


def _shape_of(layer: Any) -> str:
    """The column "Output Shape"."""

    if isinstance(layer, InputLayer):
        return _shape_text(layer.output.shape)
    if not layer._nodes:
        return _built_shape(layer)
    return ", ".join(_shape_text(t.shape) for t in flatten(layer._nodes[0].outputs))


def _built_shape(layer: Any) -> str:
    """The column "Output Shape" of a layer that stands in no graph."""
    if hasattr(layer, "layers") or layer._build_shape is None:
        try:
            outputs = flatten(layer.output)
        except AttributeError:
            return "?"
        return ", ".join(_shape_text(t.shape) for t in outputs)
    if isinstance(layer._build_shape, dict):  # of several arguments
        return "?"
    shape = layer.compute_output_shape(layer._build_shape)
    return ", ".join(_shape_text(s) for s in ([shape] if is_shape(shape) else shape))


def _rows(
    model: Any,
    graph: Any,
    show_connections: bool,
    show_trainable: bool,
    nested: bool,
    depth: int = 0,
) -> list[list[str]]:
    rows: list[list[str]] = []
    layers = graph.operations if graph is not None else model.layers
    for layer in layers:
        prefix = "   " * depth + ("└ " if depth else "")
        name = f"{prefix}{layer.name} ({_class_name(layer)})"
        if not isinstance(layer, Layer):
            row = [name, _shape_of_op(layer), "0"]
        elif not layer.built:
            row = [name, _shape_of(layer), "0 (unbuilt)"]
        else:
            row = [name, _shape_of(layer), f"{layer.count_params():,}"]
        if show_connections:
            row.append(_connections(layer, graph) if graph is not None else "-")
        if show_trainable:
            weights = layer.weights if isinstance(layer, Layer) else []
            row.append(("Y" if layer.trainable else "N") if weights else "-")
        rows.append(row)
        if nested and hasattr(layer, "layers") and layer.layers:
            rows += _rows(layer, None, show_connections, show_trainable, True, depth + 1)
    return rows


def _class_name(operation: Any) -> str:
    if isinstance(operation, Layer):
        return type(operation).__name__
    return "".join(part.capitalize() for part in operation.function.__name__.split("_"))


def _shape_of_op(operation: Any) -> str:
    inner = ", ".join(str(n) for n in flatten(operation._nodes[0].outputs)[0].shape)
    return f"({inner})"


def _connections(layer: Any, graph: Any) -> str:
    found = []
    for node in graph.run_order:
        if node.operation is layer:
            for tensor in node.inputs:
                operation, number, index = tensor._keras_history
                used = [operation._nodes.index(n) for n in graph.nodes if n.operation is operation]
                place = sorted(used).index(number) if number in used else 0
                found.append(f"{operation.name}[{place}][{index}]")
    return ", ".join(found) if found else "-"


def _graph_of(model: Any) -> Any:
    from fastconv.models.functional import Functional

    return model._graph if isinstance(model, Functional) else None


def _is_chain(graph: Any) -> bool:
    """Whether every operation feeds the next one and only that one."""
    if len(graph.inputs) > 1:
        return False
    calls: dict[int, int] = {}
    fed: dict[int, int] = {}
    for node in graph.run_order:
        calls[id(node.operation)] = calls.get(id(node.operation), 0) + 1
        if len(node.inputs) > 1:
            return False
        for tensor in node.inputs:
            key = id(tensor._keras_history[0])
            fed[key] = fed.get(key, 0) + 1
    return all(n == 1 for n in calls.values()) and all(n == 1 for n in fed.values())


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: list[float] | None = None,
    print_fn: Any = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Print the table of `model`'s layers; source of the layout: Keras 3.15."""
    graph = _graph_of(model)
    connected = graph is not None and not _is_chain(graph)
    default = (108 if connected else 88) + (12 if show_trainable else 0)
    total = line_length or min(default, shutil.get_terminal_size().columns - 4)
    if positions is None:
        positions = [0.3, 0.56, 0.74, 1.0] if connected else [0.45, 0.80, 1.0]
    headers = ["Layer (type)", "Output Shape", "Param #"]
    if connected:
        headers.append("Connected to")
    if show_trainable:
        headers.append("Trainable")
        positions = [p * 0.9 for p in positions] + [1.0]
    edges = [int(p * total) for p in positions]
    widths = [b - a for a, b in zip([0, *edges], edges, strict=False)]
    if min(widths) < 4:
        raise ValueError("Insufficient console width to print summary.")
    inner = _fit(widths, total)
    rows = _rows(model, graph, connected, show_trainable, expand_nested)
    if layer_range is not None:
        rows = _in_range(model, rows, layer_range)
    color = print_fn is None and sys.stdout.isatty()
    lines = [f'Model: "{model.name}"']
    lines += _table(headers, rows, inner, color)
    lines += _totals(model, color)
    text = "\n".join(lines) + "\n"
    if color:
        text = f'{_BOLD}Model: "{model.name}"{_END}' + text[len(lines[0]) :]
    if print_fn is not None:
        print_fn(text)
    else:
        print(text, end="")


def _fit(widths: list[int], total: int) -> list[int]:
    """Widths between the rules, so that the table is `total` wide.

    Keras asks Rich for columns of `widths` inside a table of `total`; with the blanks and rules
    that is too much, and Rich takes the excess from the columns in turn, rounding to even.
    """
    widths = [w + 2 for w in widths]
    excess = sum(widths) - (total - len(widths) - 1)
    fitted = []
    for i, width in enumerate(widths):
        taken = min(width, round(excess / (len(widths) - i)))
        fitted.append(max(3, width - taken))
        excess -= taken
    return fitted


def _in_range(model: Any, rows: list[list[str]], layer_range: Any) -> list[list[str]]:
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ValueError(
            "layer_range: expected the names of the first and the last layer, received "
            f"{layer_range!r}"
        )
    import re

    names = [layer.name for layer in model.layers]
    found = [
        [i for i, name in enumerate(names) if re.match(pattern, name)] for pattern in layer_range
    ]
    if not all(found):
        raise ValueError(
            f"Passed layer names do not match the layer names in the model. Received: {layer_range}"
        )
    low, high = min(found[0]), max(found[1])
    keep = {names[i] for i in range(low, high + 1)}
    return [row for row in rows if row[0].split(" (")[0] in keep]


def _table(headers: list[str], rows: list[list[str]], widths: list[int], color: bool) -> list[str]:
    cells = [w - 2 for w in widths]

    def rule(left: str, mid: str, right: str, line: str) -> str:
        return left + mid.join(line * w for w in widths) + right

    def paint(text: str, column: int) -> str:
        if not color:
            return text
        if column == 0 and "(" in text:
            head, _, tail = text.partition("(")
            kind, _, rest = tail.partition(")")
            return f"{head}({_BLUE}{kind}{_END}){rest}"
        if column == 1:
            import re

            text = re.sub(r"\bNone\b", f"{_CYAN}None{_END}", text)
            return re.sub(r"(?<![;\d\[])\b(\d+)\b(?!;|m)", f"{_GREEN}\\1{_END}", text)
        if column == 2:
            stripped = text.strip()
            return text.replace(stripped, f"{_GREEN}{stripped}{_END}") if stripped else text
        return text

    lines = [rule("┏", "┳", "┓", "━")]
    header_cells = [_pad(_shorten(h, w), w, h) for h, w in zip(headers, cells, strict=True)]
    if color:
        header_cells = [f"{_BOLD}{cell}{_END}" for cell in header_cells]
    lines.append("┃ " + " ┃ ".join(header_cells) + " ┃")
    lines.append(rule("┡", "╇", "┩", "━"))
    for number, row in enumerate(rows):
        if number:
            lines.append(rule("├", "┼", "┤", "─"))
        wrapped = [
            _wrap_cell(text, i, w) for i, (text, w) in enumerate(zip(row, cells, strict=True))
        ]
        height = max(len(column) for column in wrapped)
        for i in range(height):
            parts = [
                paint(_pad(column[i] if i < len(column) else "", w, headers[j]), j)
                for j, (column, w) in enumerate(zip(wrapped, cells, strict=True))
            ]
            lines.append("│ " + " │ ".join(parts) + " │")
    lines.append(rule("└", "┴", "┘", "─"))
    return lines


def _wrap_cell(text: str, column: int, width: int) -> list[str]:
    if column == 2:
        return [_shorten(text, width)]
    return _wrap(text, width)


def _totals(model: Any, color: bool) -> list[str]:
    trainable = model.trainable_variables
    other = [v for v in model.weights if not any(v is t for t in trainable)]
    optimizer = getattr(model, "optimizer", None)
    slots = list(optimizer.variables) if optimizer is not None and optimizer.built else []
    every = [*trainable, *other, *slots]

    def line(title: str, variables: list[Any]) -> str:
        count, size = f"{_count(variables):,}", memory_size(_bytes(variables))
        if color:
            return f"{_BOLD} {title}: {_END}{_GREEN}{count}{_END} ({size})"
        return f" {title}: {count} ({size})"

    lines = [
        line("Total params", every),
        line("Trainable params", trainable),
        line("Non-trainable params", other),
    ]
    if slots:
        lines.append(line("Optimizer params", slots))
    return lines
