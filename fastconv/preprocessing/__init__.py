"""``keras.preprocessing``: older names of what stands in `fastconv.utils`; nothing of its own."""

from fastconv.preprocessing import image, sequence
from fastconv.utils import image_dataset_from_directory, timeseries_dataset_from_array

__all__ = ["image", "image_dataset_from_directory", "sequence", "timeseries_dataset_from_array"]
