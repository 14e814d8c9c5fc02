"""What a file may ask for at most. Set by the caller, never by a file."""

from dataclasses import dataclass


@dataclass
class Limits:
    """Caps of the loader; ``fastconv.saving.limits`` is the one in force.

    Parameters
    ----------
    file_bytes : int
        Size of a file, and of each member of a ``.keras`` archive.
    json_bytes : int
        Length of a config.
    json_depth : int
        Nesting of a config.
    parameters : int
        Scalars in all weights that a config implies: checked before any is allocated.
    layers : int
        Layers, groups and datasets that are looked at.

    Examples
    --------
    >>> import fastconv
    >>> fastconv.saving.limits.parameters
    100000000
    """

    file_bytes: int = 2 * 2**30
    json_bytes: int = 16 * 2**20
    json_depth: int = 64
    parameters: int = 100_000_000
    layers: int = 10_000


limits = Limits()
