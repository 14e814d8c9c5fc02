"""What a file may ask for at most. Set by the caller, never by a file."""

from dataclasses import dataclass


@dataclass
class Limits:
    """Caps of the loader; ``fastconv.saving.limits`` is the one in force.

    Raise them for a file that you trust; whatever a file asks beyond them is a ValueError, before
    memory is taken.

    Parameters
    ----------
    file_bytes : int
        Size of a file.
    inflated_bytes : int
        Size of a compressed member of a ``.keras`` archive, after inflating. (Keras and fastconv
        write members uncompressed; those are read where they lie.)
    json_bytes : int
        Length of a config.
    json_depth : int
        Nesting of a config.
    layers : int
        Layers of a config, entries of a group.
    parameters : int
        Scalars in all weights that a config implies and in the optimizer's slots for them; those
        of 8 bytes count twice.

    Examples
    --------
    >>> import fastconv
    >>> fastconv.saving.limits.parameters
    100000000
    """

    file_bytes: int = 2 * 2**30
    inflated_bytes: int = 256 * 2**20
    json_bytes: int = 8 * 2**20
    json_depth: int = 64
    layers: int = 10_000
    parameters: int = 100_000_000

    @property
    def memory_bytes(self) -> int:
        """Arrays that may exist at once while a file is loaded: the weights, what is read of them,
        and some room."""
        return 64 * 2**20 + 9 * self.parameters

    @property
    def json_values(self) -> int:
        """Values in a config: a layer has about fifty."""
        return 100 * self.layers


limits = Limits()
