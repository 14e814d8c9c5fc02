"""Files are replaced whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from fastconv._files import replace_on_success


def test_new_file_appears_with_the_usual_mode(tmp_path):
    target = tmp_path / "picture.png"
    with replace_on_success(target) as path:
        assert path.suffix == ".png"
        assert path.parent == tmp_path
        path.write_bytes(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["picture.png"]
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_replaced_file_keeps_its_mode(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"old")
    os.chmod(target, 0o640)
    with replace_on_success(target) as path:
        path.write_bytes(b"new")
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "a"
    target.write_bytes(b"old")
    with pytest.raises(error), replace_on_success(target) as path:
        path.write_bytes(b"half")
        raise error("stop")
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_writer_that_removed_its_file_is_an_error_not_a_silence(tmp_path):
    with pytest.raises(FileNotFoundError), replace_on_success(tmp_path / "a") as path:
        path.unlink()
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), replace_on_success(tmp_path / "no" / "a"):
        raise AssertionError("not reached")
