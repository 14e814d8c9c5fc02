"""How a layer takes masks from its inputs and hands them on to its outputs."""

import warnings
from typing import Any

from fastconv.ops.masks import keras_mask, set_keras_mask
from fastconv.ops.symbolic import KerasTensor, flatten, map_structure
from fastconv.ops.tensor import Tensor


def masks_of(value: Any) -> Any:
    """The masks of a tensor or a structure of tensors; None where there is none at all."""
    if isinstance(value, (list, tuple, dict)):
        found = map_structure(keras_mask, value)
        return found if any(mask is not None for mask in flatten(found)) else None
    return keras_mask(value)


def with_masks(layer: Any, args: tuple, kwargs: dict, masks: Any) -> tuple[dict, Any]:
    """`kwargs` with the arguments' masks where `call` takes them; the masks to be passed on."""
    given = dict(zip(layer._call_parameters_in_order, args, strict=False)) | kwargs
    tensors = {k: v for k, v in given.items() if k != "mask" and has_tensor(v)}
    filled = dict(kwargs)
    for key, value in tensors.items():
        name = "mask" if len(tensors) == 1 else f"{key}_mask"
        if name in layer._call_parameters and given.get(name) is None:
            found = masks_of(value)
            if found is not None:
                filled[name] = found
    explicit = filled.get("mask")
    return filled, masks if explicit is None else explicit


def pass_masks_on(layer: Any, inputs: Any, outputs: Any, masks: Any) -> None:
    """Put masks on the outputs, or warn that they end here."""
    if not layer.supports_masking:
        warnings.warn(
            f"Layer '{layer.name}' (of type {type(layer).__name__}) was passed an input with a "
            "mask attached to it. However, this layer does not support masking and will "
            "therefore destroy the mask information. Downstream layers will not see the mask.",
            stacklevel=4,
        )
        return
    flat = flatten(outputs)
    if all(keras_mask(tensor) is not None for tensor in flat):
        return
    found = layer.compute_mask(inputs, masks)
    if found is None:
        return
    for tensor, mask in zip(flat, flatten(found), strict=False):
        if mask is not None and keras_mask(tensor) is None:
            set_keras_mask(tensor, mask)


def has_tensor(value: Any) -> bool:
    """Whether there is a tensor, symbolic or not, among the leaves of `value`."""
    return any(isinstance(leaf, (Tensor, KerasTensor)) for leaf in flatten(value))
