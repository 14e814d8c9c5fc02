"""The downloader against a real server on the loopback address."""

from __future__ import annotations

import hashlib
import http.server
import threading

import pytest

from fastconv import _download, _files

CONTENT = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/file.bin")
            self.end_headers()
            return
        self.send_response(200)
        if self.path != "/unknown-length":
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/short" else CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    instance = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=instance.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{instance.server_address[1]}"
    instance.shutdown()
    instance.server_close()


@pytest.mark.parametrize("page", ["/file.bin", "/unknown-length", "/elsewhere"])
def test_file_arrives_whole_and_checked(server, tmp_path, page):
    target = tmp_path / "deep" / "folder" / "file.bin"
    assert _download.fetch(server + page, target, digest=DIGEST) == target
    assert target.read_bytes() == CONTENT
    assert [p.name for p in target.parent.iterdir()] == ["file.bin"]


def test_digest_may_be_written_in_capitals(server, tmp_path):
    _download.fetch(server + "/file.bin", tmp_path / "f", digest=DIGEST.upper())


@pytest.mark.parametrize(
    ("page", "options", "error", "message"),
    [
        ("/file.bin", {"digest": "0" * 64}, _download.ChecksumError, "sha256 is " + DIGEST),
        ("/file.bin", {"max_bytes": 1000}, _download.DownloadError, "more than 1,000 bytes"),
        ("/missing", {}, _download.DownloadError, "answered 404"),
        ("/short", {}, _download.DownloadError, "broke off after|connection failed"),
    ],
)
def test_failure_keeps_the_old_file_and_leaves_no_part(
    server, tmp_path, page, options, error, message
):
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")
    with pytest.raises(error, match=message):
        _download.fetch(server + page, target, **options)
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.bin"]


def test_interrupt_leaves_no_part(server, tmp_path, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(_files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        _download.fetch(server + "/file.bin", tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_nobody_listens(tmp_path):
    with pytest.raises(_download.DownloadError, match="cannot be reached"):
        _download.fetch("http://127.0.0.1:9/x", tmp_path / "f", timeout=5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "/etc/passwd", ""])
def test_only_http_is_fetched(tmp_path, url):
    with pytest.raises(ValueError, match="only http:// and https://"):
        _download.fetch(url, tmp_path / "f")
