"""The contract line above a kernel says the same in the .pyx file and in its Numba twin."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYX = sorted((ROOT / "src_cython" / "kernels").glob("*.pyx"))
LINE = re.compile(r"^# (\w+): (buf .*)$", re.MULTILINE)
FORM = re.compile(r"buf \S.* \| dim \S.* \| par \S.* \| range \S.*")


def contract(path: Path) -> dict[str, str]:
    """Kernel name -> its contract line."""
    return dict(LINE.findall(path.read_text()))


def exported(path: Path) -> set[str]:
    """Names of the kernels of a .pyx file, without dtype."""
    names = re.findall(r"^cdef api void (\w+)\(", path.read_text(), re.MULTILINE)
    return {name.rpartition("_")[0] for name in names}


@pytest.mark.parametrize("path", PYX, ids=lambda path: path.stem)
def test_every_kernel_has_a_contract_line_and_its_familys_name(path):
    assert set(contract(path)) == exported(path)
    for name, line in contract(path).items():
        assert FORM.fullmatch(line), f"{name}: {line}"
        assert name.partition("_")[0] == path.stem


def test_twin_has_the_line_of_its_kernel():
    twins = sorted((ROOT / "fastconv" / "_kernels" / "numba").glob("[!_]*.py"))
    assert twins
    for twin in twins:
        original = contract(ROOT / "src_cython" / "kernels" / f"{twin.stem}.pyx")
        lines = contract(twin)
        assert lines, f"{twin.name} has no contract line"
        for name, line in lines.items():
            assert original.get(name) == line, f"{twin.name}: {name}"
