"""The tests that docs/reliability.md names are there."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "reliability.md"


def test_every_test_that_the_page_names_exists():
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", PAGE.read_text(encoding="utf-8")))
    found = {
        name
        for path in TESTS.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    }
    assert len(named) > 20
    assert named <= found, named - found


def test_every_cve_of_keras_files_is_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    tested = {
        number
        for path in (TESTS / "saving").glob("*.py")
        for number in re.findall(r"test_cve_(\d{4}_\d+)", path.read_text(encoding="utf-8"))
    }
    assert len(tested) > 8
    for number in tested:
        assert number.replace("_", "-") in page, number
