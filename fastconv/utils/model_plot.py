"""`plot_model`: a picture of a model's graph by Graphviz, or its text where Graphviz is missing."""

import html
import os
import shutil
import subprocess
from typing import Any

from fastconv._files import replace_on_success
from fastconv.ops.symbolic import KerasTensor, flatten, map_structure


def _graph(model: Any) -> Any:
    """The graph of a functional or built Sequential model, or None."""
    functional = getattr(model, "_functional", None) or model
    return getattr(functional, "_graph", None)


def _kind(operation: Any) -> str:
    name = getattr(operation, "function", None)
    return type(operation).__name__ if name is None else name.__name__


def _shapes(structure: Any) -> str:
    leaves = flatten(map_structure(lambda t: t, structure))
    texts = [str(t.shape) for t in leaves if isinstance(t, KerasTensor)]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _first_node(operation: Any, graph: Any) -> Any:
    return next((n for n in graph.nodes if n.operation is operation), operation._nodes[0])


def _edges(graph: Any) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for node in graph.run_order:
        for tensor in node.inputs:
            edge = (id(tensor._keras_history[0]), id(node.operation))
            if edge not in found:
                found.append(edge)
    return found


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    **kwargs: Any,
) -> str:
    """The model's graph in Graphviz's DOT language.

    Parameters
    ----------
    model : Model
        Built.
    show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable : bool
        Lines of each box.
    rankdir : {"TB", "LR"}
        From top to bottom, or from left to right.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the model is not built.
    """
    graph = _graph(model)
    if graph is None:
        raise ValueError(
            "This model has not yet been built. Build the model first by calling `build()` or by "
            "calling the model on a batch of data."
        )
    lines = [
        "digraph model {",
        f'  graph [rankdir="{rankdir}" dpi="{int(dpi)}"];',
        '  node [shape="plaintext" fontname="Helvetica"];',
    ]
    number = {id(op): i for i, op in enumerate(graph.operations)}
    for operation in graph.operations:
        node = _first_node(operation, graph)
        kind = _kind(operation)
        title = f"{operation.name} ({kind})" if show_layer_names else kind
        rows = [("#4b2991", "white", title)]
        activation = getattr(operation, "activation", None)
        if show_layer_activations and activation is not None:
            name = getattr(activation, "__name__", activation)
            rows.append(("white", "black", f"Activation: {name}"))
        if show_shapes:
            before = node.inputs_structure() if node.args or node.kwargs else None
            text = f"Output shape: {_shapes(node.outputs)}"
            if before is not None:
                text = f"Input shape: {_shapes(before)}   {text}"
            rows.append(("white", "black", text))
        if show_dtype:
            dtype = flatten(node.outputs)[0].dtype
            rows.append(("white", "black", f"Output dtype: {dtype}"))
        if show_trainable and getattr(operation, "weights", None):
            state = "Trainable" if operation.trainable else "Non-trainable"
            rows.append(("white", "black", state))
        cells = "".join(
            f'<tr><td bgcolor="{back}"><font color="{front}">{html.escape(text)}</font></td></tr>'
            for back, front, text in rows
        )
        label = (
            f'<<table border="0" cellborder="1" cellspacing="0" cellpadding="8">{cells}</table>>'
        )
        lines.append(f"  n{number[id(operation)]} [label={label}];")
    lines += [f"  n{number[a]} -> n{number[b]};" for a, b in _edges(graph) if a in number]
    return "\n".join([*lines, "}", ""])


def _as_text(model: Any, show_shapes: bool) -> str:
    graph = _graph(model)
    feeds: dict[int, list[str]] = {}
    by_id = {id(op): op for op in graph.operations}
    for a, b in _edges(graph):
        if a in by_id:
            feeds.setdefault(b, []).append(by_id[a].name)
    lines = []
    for operation in graph.operations:
        text = f"{operation.name} ({_kind(operation)})"
        if show_shapes:
            text += f" {_shapes(_first_node(operation, graph).outputs)}"
        sources = feeds.get(id(operation))
        lines.append(f"{text} <- {', '.join(sources)}" if sources else text)
    return "\n".join(lines)


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draw a model's graph into a file with Graphviz's ``dot``; without it, print it as text.

    Source: ``keras.utils.plot_model``.

    Parameters
    ----------
    model : Model
        Built.
    to_file : path, default "model.png"
        The suffix decides the format (png, svg, pdf, dot).
    show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable : bool
    rankdir : {"TB", "LR"}
    dpi : int, default 200

    Returns
    -------
    IPython.display.Image or None
        The picture, inside a notebook.

    Raises
    ------
    ValueError
        If the model is not built.
    """
    dot = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
    )
    path = os.fspath(to_file)
    suffix = os.path.splitext(path)[1].lstrip(".") or "png"
    if suffix == "dot":
        with replace_on_success(path) as temporary:
            temporary.write_text(dot, encoding="utf-8")
        return None
    program = shutil.which("dot")
    if program is None:
        print(_as_text(model, show_shapes))
        print("(for a picture, install Graphviz: https://graphviz.org/download/)")
        return None
    with replace_on_success(path) as temporary:
        done = subprocess.run(
            [program, f"-T{suffix}", "-o", os.fspath(temporary)],
            input=dot.encode("utf-8"),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise ValueError(f"to_file: Graphviz cannot write {path}: {done.stderr.decode()[:200]}")
    return _notebook_image(path, suffix)


def _notebook_image(path: str, suffix: str) -> Any:
    import sys

    if "IPython" not in sys.modules or suffix != "png":
        return None
    display = sys.modules["IPython"].display
    return display.Image(filename=path)
