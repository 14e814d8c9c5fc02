"""Make the data files of ``fastconv/datasets/data`` from the packages that publish them.

Run once by a developer, never by users or by the build::

    pip download --no-deps --only-binary :all: scipy==1.9.3   # holds scipy/misc/ecg.dat
    unzip scipy-1.9.3-*.whl scipy/misc/ecg.dat
    pip install scikit-image scikit-learn
    python tools/make_data.py scipy/misc/ecg.dat

Sources and licences are named in ``fastconv/datasets/data/LICENSES.md``.

Deflate alone does little for a photograph or a recording, so what is stored is the difference
to the line above (photograph) or to the sample before (recording), as PNG does. Unsigned
arithmetic wraps, hence a cumulative sum gives back every value exactly. Loading needs NumPy only,
and nothing in the files is a pickle.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import zipfile
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent.parent / "fastconv" / "datasets" / "data"

# SHA-256 of the arrays' bytes: a changed source package must not change our data unnoticed.
EXPECTED = {
    "photograph": "5cb24482a53416f99052258be2b1ee38cd31c559a70c8a8b321cba231b332e21",
    "electrocardiogram": "45cbec844577d9c7e2117b2011a5d524ab6dd49d93c29f5f5aea690772681b8f",
    "digits": "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826",
}


def save(path: Path, **arrays: np.ndarray) -> None:
    """Write an .npz that is the same, byte for byte, on every run."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            # A ZipInfo made from a name carries the fixed date 1980-01-01.
            entry = zipfile.ZipInfo(name + ".npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)


def check(name: str, *arrays: np.ndarray) -> None:
    digest = hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()
    if digest != EXPECTED[name]:
        sys.exit(f"{name}: the source's values changed (SHA-256 {digest}); look before you commit")


def make_photograph() -> Path:
    from skimage import data

    image = data.camera()
    check("photograph", image)
    delta = np.diff(image, axis=0, prepend=np.zeros((1, image.shape[1]), np.uint8))
    path = DATA / "photograph.npz"
    save(path, delta=delta)
    return path


def make_electrocardiogram(source: str) -> Path:
    with np.load(source, allow_pickle=False) as archive:
        samples = archive["ecg"].astype("<u2")
    check("electrocardiogram", samples)
    delta = np.diff(samples, prepend=np.zeros(1, "<u2"))
    path = DATA / "electrocardiogram.npz"
    # Low and high bytes apart: the high byte of a difference is nearly always 0 or 255.
    save(path, low=(delta & 255).astype(np.uint8), high=(delta >> 8).astype(np.uint8))
    return path


def make_digits() -> Path:
    from sklearn import datasets

    bunch = datasets.load_digits()
    images = bunch.images.astype(np.uint8)
    labels = bunch.target.astype(np.uint8)
    if not np.array_equal(images, bunch.images):
        sys.exit("digits: the source's pixels are no longer whole numbers")
    check("digits", images, labels)
    path = DATA / "digits.npz"
    save(path, images=images, labels=labels)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ecg", help="scipy/misc/ecg.dat, taken from the wheel of SciPy 1.9.3")
    arguments = parser.parse_args()
    DATA.mkdir(exist_ok=True)
    for path in (make_photograph(), make_electrocardiogram(arguments.ecg), make_digits()):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
