"""Files are replaced whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import stat
import time

import pytest

from fastconv import _files
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


def test_symbolic_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "a"
    target.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(target)
    with replace_on_success(link) as path:
        assert path.parent == target.parent
        path.write_bytes(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_folder_is_no_target(tmp_path):
    with pytest.raises(IsADirectoryError) as caught, replace_on_success(tmp_path):
        raise AssertionError("not reached")
    assert caught.value.filename == str(tmp_path)


def test_device_and_pipe_are_no_targets(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target in (pipe, "/dev/null"):
        with pytest.raises(OSError, match="Not a regular file"), replace_on_success(target):
            raise AssertionError("not reached")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_errors_name_the_target(tmp_path):
    target = tmp_path / "a"
    with (
        pytest.raises(OSError, match="No space left on device") as caught,
        replace_on_success(target),
    ):
        raise OSError(errno.ENOSPC, "as a full disk says")
    assert caught.value.filename == str(target)
    assert caught.value.errno == errno.ENOSPC
    with pytest.raises(FileNotFoundError) as missing, replace_on_success(tmp_path / "no" / "a"):
        raise AssertionError("not reached")
    assert missing.value.filename == str(tmp_path / "no" / "a")


def in_child(action):
    """Exit code of a forked child that runs `action`."""
    pid = os.fork()
    if not pid:
        status = 99
        try:
            status = action()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def as_nobody(action):
    """Exit code of `action` run without root's rights."""

    def run():
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        return action()

    return in_child(run)


def attempt(target):
    """Number of the error that writing `target` gives."""
    try:
        with replace_on_success(target) as path:
            path.write_bytes(b"new")
    except OSError as error:
        assert error.filename == str(target)
        return error.errno
    return 0


def test_read_only_folder_and_file_keep_the_old_file(tmp_path):
    folder = tmp_path
    for part in [folder, *folder.parents][:-2]:
        part.chmod(part.stat().st_mode | 0o755)
    target = folder / "a"
    target.write_bytes(b"old")
    folder.chmod(0o555)
    try:
        assert as_nobody(lambda: attempt(target)) in (errno.EACCES, errno.EPERM)
        folder.chmod(0o777)
        target.chmod(0o444)
        assert as_nobody(lambda: attempt(target)) == errno.EACCES
    finally:
        folder.chmod(0o755)
    assert target.read_bytes() == b"old"
    assert [p.name for p in folder.iterdir()] == ["a"]


def test_full_disk_keeps_the_old_file(tmp_path):
    import resource

    target = tmp_path / "a"
    target.write_bytes(b"old")

    def fill():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            with replace_on_success(target) as path:
                path.write_bytes(bytes(5000))
        except OSError as error:
            return error.errno
        return 0

    assert in_child(fill) == errno.EFBIG
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_killed_writer_leaves_the_old_file_and_its_rest_is_removed_later(tmp_path):
    target = tmp_path / "a.keras"
    target.write_bytes(b"old")

    def die():
        with replace_on_success(target) as path:
            path.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(die) == -signal.SIGKILL
    assert target.read_bytes() == b"old"
    (rest,) = (p for p in tmp_path.iterdir() if p != target)
    with replace_on_success(tmp_path / "b") as path:
        path.write_bytes(b"new")
    assert rest.exists()  # too young: it might not be locked yet
    old = time.time() - 60
    os.utime(rest, (old, old))
    with replace_on_success(tmp_path / "b") as path:
        path.write_bytes(b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.keras", "b"]


def test_file_of_a_living_writer_is_left_alone(tmp_path):
    with replace_on_success(tmp_path / "a") as path:
        path.write_bytes(b"new")
        old = time.time() - 10_000
        os.utime(path, (old, old))
        in_child(lambda: _files.remove_leftovers(tmp_path) or 0)
        _files.remove_leftovers(tmp_path)
        assert path.exists()
    assert (tmp_path / "a").read_bytes() == b"new"


def test_files_of_others_are_left_alone(tmp_path):
    for name in (".fastconv-notes", "x.part", ".fastconv-1.part.link"):
        (tmp_path / name).write_bytes(b"mine")
    os.unlink(tmp_path / ".fastconv-1.part.link")
    (tmp_path / "precious").write_bytes(b"mine")
    (tmp_path / ".fastconv-1.part.link").symlink_to(tmp_path / "precious")
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0), follow_symlinks=False)
    _files.remove_leftovers(tmp_path)
    assert (tmp_path / "precious").read_bytes() == b"mine"
    assert (tmp_path / ".fastconv-notes").exists()
    assert (tmp_path / "x.part").exists()


def test_umask_rules_and_stays(tmp_path):
    old = os.umask(0o027)
    try:
        with replace_on_success(tmp_path / "a") as path:
            path.write_bytes(b"new")
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    finally:
        assert os.umask(old) == 0o027


def test_long_names_are_no_trouble(tmp_path):
    target = tmp_path / ("é" * 124 + ".keras")
    with replace_on_success(target) as path:
        path.write_bytes(b"new")
    assert target.read_bytes() == b"new"
