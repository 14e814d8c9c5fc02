"""`refused`: open a hostile file in a cell, and check that nothing but an error came of it."""

import os
import re

import hostile_files
import pytest


@pytest.fixture
def canary(tmp_path):
    """A file that must never be opened; as HDF5 external storage it would give 0x41414141s."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    path = folder / "canary"
    path.write_bytes(b"A" * 4096)
    return path


@pytest.fixture
def refused(tmp_path, canary, monkeypatch):
    """``refused(path, match)`` opens `path` in a cell and checks how it failed."""

    def check(
        path, match, action=hostile_files.load, kinds=("ValueError",), seconds=hostile_files.SECONDS
    ):
        monkeypatch.chdir(tmp_path)
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        monkeypatch.setenv("HOME", str(home))
        watch = hostile_files.Watch(canary, [tmp_path, home, canary.parent])
        try:
            report = hostile_files.opened(action, os.fspath(path))
            seen = watch.events()
        finally:
            watch.close()
        told = f"{report['kind']}: {report['text'][:2000]}"
        assert report["kind"], f"it was accepted: {report['value']}"
        assert set(kinds) & set(report["mro"]), told
        assert re.search(match, report["text"]), told
        assert len(report["text"]) < 30_000, f"a message of {len(report['text'])} characters"
        assert seen == [], f"files were touched: {seen}"
        assert os.fspath(canary) not in report["opened"]
        assert report["audit"] == [], report["audit"]
        assert report["grown"] < hostile_files.MEMORY, f"{report['grown'] >> 20} MiB"
        assert report["seconds"] < seconds, f"{report['seconds']:.1f} s"
        return report

    return check


@pytest.fixture
def accepted(tmp_path):
    """``accepted(path)`` opens `path` in a cell and returns what the action made of it."""

    def check(path, action=hostile_files.load):
        report = hostile_files.opened(action, os.fspath(path))
        assert not report["kind"], f"{report['kind']}: {report['text'][:2000]}"
        return report["value"]

    return check


@pytest.fixture(params=["keras", "legacy"])
def model_file(request, tmp_path):
    """``model_file(config, compiled)`` writes a model of the config, new or legacy."""

    def write(config, compiled=None):
        if request.param == "keras":
            if compiled is not None:
                config = {**config, "compile_config": compiled}
            return hostile_files.keras_file(tmp_path / "m.keras", config)
        if compiled is not None:
            compiled = dict(compiled)
            compiled["optimizer_config"] = compiled.pop("optimizer", None)
        return hostile_files.legacy_file(tmp_path / "m.h5", config, training=compiled)

    return write
