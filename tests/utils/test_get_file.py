"""get_file: the cache, the checksum, and everything it refuses to do."""

from __future__ import annotations

import hashlib
import io
import urllib.error
import urllib.request

import pytest

from fastconv.utils import get_file

CONTENT = b"some data\n" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()
URL = "https://example.org/files/data.bin?version=2"


@pytest.fixture(autouse=True)
def homes(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def web(monkeypatch):
    """A web that answers every address with CONTENT; returns what was asked for."""
    asked = []

    class Answer(io.BytesIO):
        def __init__(self, content):
            super().__init__(content)
            self.headers = {}

    def urlopen(request, timeout=None):
        asked.append(request.full_url)
        return Answer(CONTENT)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return asked


@pytest.mark.parametrize("hashes", [{"file_hash": SHA256}, {"file_hash": MD5}, {"md5_hash": MD5}])
def test_download_once_then_the_cache(tmp_path, web, hashes, capsys):
    path = get_file(origin=URL, **hashes)
    assert path == str(tmp_path / "cache" / "fastconv" / "datasets" / "data.bin")
    with open(path, "rb") as stream:
        assert stream.read() == CONTENT
    assert capsys.readouterr().out == f"Downloading data from {URL}\n"
    assert get_file(origin=URL, **hashes) == path
    assert web == [URL]
    get_file(origin=URL, force_download=True, **hashes)
    assert len(web) == 2


def test_names_and_folders(tmp_path, web):
    path = get_file(
        "mine.bin", URL, file_hash=SHA256, cache_dir=tmp_path / "here", cache_subdir="a/b"
    )
    assert path == str(tmp_path / "here" / "a" / "b" / "mine.bin")


def test_file_in_kerass_cache_is_used_where_it_lies(tmp_path, web):
    theirs = tmp_path / "keras" / "datasets" / "data.bin"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(CONTENT)
    assert get_file(origin=URL, file_hash=SHA256) == str(theirs)
    assert web == []
    theirs.write_bytes(b"other")
    assert get_file(origin=URL, file_hash=SHA256) != str(theirs)


def test_stale_file_is_fetched_again(tmp_path, web, capsys):
    path = tmp_path / "cache" / "fastconv" / "datasets" / "data.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"old")
    get_file(origin=URL, file_hash=SHA256)
    assert path.read_bytes() == CONTENT
    assert "seems to be incomplete or outdated" in capsys.readouterr().out


def test_cached_file_needs_no_checksum(tmp_path, web):
    path = tmp_path / "cache" / "fastconv" / "datasets" / "data.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    assert get_file(origin=URL) == str(path)


def test_download_without_a_checksum_is_kept_as_it_came(web):
    with open(get_file(origin=URL), "rb") as stream:
        assert hashlib.sha256(stream.read()).hexdigest() == SHA256


@pytest.mark.parametrize("wrong", ["0" * 64, "0" * 32, "short"])
def test_wrong_checksum_keeps_nothing(tmp_path, web, wrong):
    with pytest.raises(ValueError, match=f"Incomplete or corrupted file.*value of {wrong}"):
        get_file(origin=URL, file_hash=wrong)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("options", [{"extract": True}, {"untar": True}])
def test_archives_are_not_unpacked(web, options):
    with pytest.raises(ValueError, match="archives are not unpacked here"):
        get_file(origin=URL, file_hash=SHA256, **options)
    assert web == []


@pytest.mark.parametrize("fname", ["a/b", "/etc/passwd", "../x", "..", ".", "a\\b", "a\0b"])
def test_name_that_is_a_path_is_refused(web, fname):
    with pytest.raises(ValueError, match="fname"):
        get_file(fname, URL, file_hash=SHA256)
    assert web == []


@pytest.mark.parametrize("origin", ["https://example.org/..", "https://example.org/a/."])
def test_address_that_ends_in_dots_is_refused(web, origin):
    with pytest.raises(ValueError, match="expected the name of a file"):
        get_file(origin=origin, file_hash=SHA256)


@pytest.mark.parametrize("subdir", ["..", "../..", "a/../../b", "/tmp"])
def test_folder_outside_the_cache_is_refused(tmp_path, web, subdir):
    with pytest.raises(ValueError, match="cache_subdir: expected a folder inside the cache"):
        get_file(origin=URL, file_hash=SHA256, cache_subdir=subdir, cache_dir=tmp_path / "deep")
    assert web == []


def test_link_that_leads_out_of_the_cache_is_refused(tmp_path, web):
    cache = tmp_path / "cache2"
    cache.mkdir()
    (cache / "datasets").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="cache_subdir"):
        get_file(origin=URL, file_hash=SHA256, cache_dir=cache)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, 'Please specify the "origin" argument'),
        ({"origin": "https://example.org/"}, "Can't parse the file name"),
        ({"origin": URL, "file_hash": SHA256, "hash_algorithm": "sha1"}, "hash_algorithm"),
        ({"origin": "file:///etc/passwd", "file_hash": SHA256}, "only http:// and https://"),
    ],
)
def test_bad_arguments(web, arguments, message):
    with pytest.raises(ValueError, match=message):
        get_file(**arguments)


def test_no_network_is_kerass_message(monkeypatch):
    def offline(request, timeout=None):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", offline)
    with pytest.raises(OSError, match=r"URL fetch failure on https://example\.org/files/data"):
        get_file(origin=URL, file_hash=SHA256)
