"""Data to try things on: three small sets that ship in the package, and loaders for the usual ones.

Belongs here: modules with one ``load_data()`` each, importing NumPy and the standard library only.
In the package (``data/``, sources and licences in ``data/LICENSES.md``): ``photograph``,
``electrocardiogram``, ``digits``. Found on this machine or downloaded with a checksum:
``fashion_mnist``, ``mnist``, ``cifar10``; what they return has Keras's shapes and dtypes.
Does not belong here: batching and augmentation (``fastconv.utils``), plotting, anything that
unpickles or extracts an archive.
To add one: a module with ``load_data()``, its file found through ``_locate`` and read by a parser
that checks sizes before it believes them, and its name in the list below.
"""

from fastconv.datasets import (
    cifar10,
    digits,
    electrocardiogram,
    fashion_mnist,
    mnist,
    photograph,
)

__all__ = ["cifar10", "digits", "electrocardiogram", "fashion_mnist", "mnist", "photograph"]
