"""Plain loops over windows: the oracle of convolutions and pooling."""

import numpy as np


def paddings(size, kernel, stride, dilation, padding):
    """(before, after, windows) along one axis, by TensorFlow's rule."""
    span = (kernel - 1) * dilation + 1
    if padding == "valid":
        return 0, 0, (size - span) // stride + 1
    if padding == "causal":
        return span - 1, 0, (size - 1) // stride + 1
    windows = -(-size // stride)
    total = max((windows - 1) * stride + span - size, 0)
    return total // 2, total - total // 2, windows


def as_tuple(value, rank):
    return (value,) * rank if isinstance(value, int) else tuple(value)


def windows(x, kernel, strides, dilation, padding, fill=0.0):
    """Every tap's view of the padded input: list of (tap, array (n, *out, c))."""
    rank = x.ndim - 2
    strides, dilation = as_tuple(strides, rank), as_tuple(dilation, rank)
    cuts = [
        paddings(x.shape[1 + i], kernel[i], strides[i], dilation[i], padding) for i in range(rank)
    ]
    xp = np.pad(x, [(0, 0), *[(a, b) for a, b, _ in cuts], (0, 0)], constant_values=fill)
    found = []
    for tap in np.ndindex(*kernel):
        slices = tuple(
            slice(
                tap[i] * dilation[i],
                tap[i] * dilation[i] + (cuts[i][2] - 1) * strides[i] + 1,
                strides[i],
            )
            for i in range(rank)
        )
        found.append((tap, xp[(slice(None), *slices)]))
    return found


def conv(x, w, strides=1, padding="valid", dilation=1):
    """Convolution with channels last; groups follow from the shapes."""
    ci, co = w.shape[-2:]
    groups = x.shape[-1] // ci
    each = co // groups
    y = 0.0
    for tap, view in windows(x, w.shape[:-2], strides, dilation, padding):
        part = [
            view[..., g * ci : (g + 1) * ci] @ w[tap][:, g * each : (g + 1) * each]
            for g in range(groups)
        ]
        y = y + np.concatenate(part, -1)
    return y


def depthwise(x, w, strides=1, padding="valid", dilation=1):
    y = 0.0
    for tap, view in windows(x, w.shape[:-2], strides, dilation, padding):
        y = y + view[..., None] * w[tap]
    return y.reshape(*y.shape[:-2], -1)


def conv_transpose(x, w, strides, padding, output_padding, dilation):
    """Every pixel spreads its products over the full output, of which a part is cut out."""
    rank = x.ndim - 2
    strides, dilation = as_tuple(strides, rank), as_tuple(dilation, rank)
    extra = (None,) * rank if output_padding is None else as_tuple(output_padding, rank)
    spans = [(w.shape[i] - 1) * dilation[i] + 1 for i in range(rank)]
    sizes, cuts = [], []
    for i in range(rank):
        n, s, k = x.shape[1 + i], strides[i], spans[i]
        if padding == "valid":
            sizes.append((n - 1) * s + k + (max(k, s) - k if extra[i] is None else extra[i]))
            cuts.append(0)
        else:
            size = n * s if extra[i] is None else (n - 1) * s + k % 2 + extra[i]
            sizes.append(size)
            cuts.append(max((n - 1) * s + k - size, 0) // 2)
    y = np.zeros((x.shape[0], *sizes, w.shape[-2]))
    for position in np.ndindex(*x.shape[1:-1]):
        for tap in np.ndindex(*w.shape[:-2]):
            at = [position[i] * strides[i] + tap[i] * dilation[i] - cuts[i] for i in range(rank)]
            if all(0 <= a < size for a, size in zip(at, sizes, strict=True)):
                y[(slice(None), *at)] += x[(slice(None), *position)] @ w[tap].T
    return y
