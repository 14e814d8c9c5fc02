"""Changes of an input: of bytes, and of JSON as a tree."""

import copy
import json
import random
from typing import Any

WORDS = (
    *(0, 1, -1, 2, 3, 7, 255, 2**31, -(2**31), 2**63, -(2**63), 10**9, 10**18),
    *(0.0, -0.0, 0.5, 1e-300, 1e300, float("nan"), float("inf"), -1.5),
    *(None, True, False, "", "a", "..", "/etc/passwd", "\0", "é" * 40, [], {}, [[]]),
    *("relu", "softmax", "linear", "same", "valid", "causal", "full", "channels_first"),
    *("float64", "float16", "int32", "uint8", "bfloat16", "mixed_float16", "glorot_uniform", "l2"),
)
# Names that configs may hold; swapping them is what gets deepest.
CLASSES = (
    *("Dense", "Conv1D", "Conv2D", "Conv3D", "SeparableConv2D", "DepthwiseConv2D", "Flatten"),
    *("Conv2DTranspose", "MaxPooling2D", "AveragePooling1D", "GlobalMaxPooling2D", "Dropout"),
    *("BatchNormalization", "LayerNormalization", "Reshape", "Permute", "RepeatVector", "Add"),
    *("Concatenate", "Dot", "Cropping2D", "ZeroPadding2D", "UpSampling2D", "Embedding", "PReLU"),
    *("Lambda", "TFSMLayer", "Sequential", "Functional", "InputLayer", "Rescaling", "Softmax"),
    *("Adam", "SGD", "MeanSquaredError", "Mean", "GaussianNoise", "Masking", "Activation", "LSTM"),
    *(
        "Resizing",
        "CenterCrop",
        "RandomFlip",
        "Normalization",
        "UnitNormalization",
        "Discretization",
    ),
    *("GroupNormalization", "SpatialDropout2D", "ActivityRegularization", "Identity", "Maximum"),
)
KEYS = (
    *("units", "filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "axis"),
    *("pool_size", "data_format", "activation", "use_bias", "kernel_initializer", "dtype", "name"),
    *("batch_shape", "batch_input_shape", "target_shape", "size", "cropping", "rate", "dims", "n"),
    *("input_dim", "output_dim", "depth_multiplier", "trainable", "layers", "registered_name"),
    *("module", "class_name", "config", "build_config", "compile_config", "inbound_nodes", "seed"),
)


def of_bytes(data: bytes, rng: random.Random, limit: int) -> bytes:
    """One to eight small changes anywhere."""
    work = bytearray(data)
    for _ in range(1 << rng.randrange(4)):
        at = rng.randrange(len(work) + 1)
        kind = rng.randrange(7)
        if not work or kind == 0:
            work[at:at] = rng.randbytes(rng.choice((1, 2, 4, 8)))
        elif kind == 1:
            del work[at : at + rng.choice((1, 2, 4, 8, 64))]
        elif kind == 2:
            start = rng.randrange(len(work))
            work[at:at] = work[start : start + rng.choice((1, 4, 16, 64))]
        elif kind == 3:
            start = rng.randrange(len(work))
            piece = work[start : start + rng.choice((1, 4, 8, 32, 128))]
            work[at : at + len(piece)] = piece
        else:
            at = min(at, len(work) - 1)
            size = rng.choice((1, 1, 2, 4, 8))
            if kind == 4:
                new = (work[at] ^ 1 << rng.randrange(8)).to_bytes(1, "little")
            elif kind == 5:
                new = rng.randbytes(size)
            else:
                value = rng.choice((0, 1, 2, 0x7F, 0x80, 0xFF, 2**31 - 1, 2**32 - 1, 2**63 - 1))
                new = (value % 2 ** (8 * size)).to_bytes(size, rng.choice(("little", "big")))
            work[at : at + len(new)] = new
    return bytes(work[:limit])


def of_json(data: bytes, rng: random.Random, limit: int) -> bytes:
    """Changes in the tree of each line; what is no JSON, or sometimes, as bytes."""
    lines = data.split(b"\n")
    which = rng.randrange(len(lines))
    try:
        tree = json.loads(lines[which])
    except ValueError:
        return of_bytes(data, rng, limit)
    if rng.random() < 0.05:
        return of_bytes(data, rng, limit)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        tree = _changed(tree, rng)
    lines[which] = json.dumps(tree).encode()
    changed = b"\n".join(lines)
    return changed if len(changed) <= limit else data


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """(container, key) of every value."""
    found, todo = [], [tree]
    while todo:
        node = todo.pop()
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in items:
            found.append((node, key))
            if isinstance(value, (dict, list)):
                todo.append(value)
    return found


def _changed(tree: Any, rng: random.Random) -> Any:
    if not isinstance(tree, (dict, list)) or not (places := _places(tree)):
        return rng.choice(WORDS)
    holder, key = rng.choice(places)
    kind = rng.randrange(9)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif kind == 2 and isinstance(holder, dict):
        holder[rng.choice(KEYS)] = copy.deepcopy(rng.choice(WORDS))
    elif kind == 3:
        other, there = rng.choice(places)
        moved = copy.deepcopy(other[there])
        if len(json.dumps(moved)) < 4096:
            holder[key] = moved
    elif kind == 4:
        named = [(h, k) for h, k in places if k == "class_name"]
        if named:
            holder, key = rng.choice(named)
            holder[key] = rng.choice(CLASSES)
    elif kind == 5:
        numbers = [(h, k) for h, k in places if type(h[k]) in (int, float)]
        if numbers:
            holder, key = rng.choice(numbers)
            holder[key] = rng.choice((holder[key] + 1, holder[key] - 1, -holder[key], *WORDS[:20]))
    elif kind == 6:
        holder[key] = [copy.deepcopy(holder[key])]
    else:
        holder[key] = copy.deepcopy(rng.choice(WORDS))
    return tree
