"""A time-stamping authority of our own: `openssl ts`, by files or over HTTP. Skips where openssl is missing."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

EXTENSIONS = "[tsa]\nextendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"
CONFIG = """
[tsa_config]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def open_authority(place: Path) -> Path:
    """A root, a time-stamping certificate below it, and a configuration that gives no further certificates.

    rfc3161-client refuses replies of `openssl ts` that carry a chain (their set is not in DER order).
    """
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which plays the time-stamping authority, is not installed")
    folder = place / "tsa"
    folder.mkdir()
    (folder / "ext.cnf").write_text(EXTENSIONS)
    (folder / "ts.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(folder, "req", "-x509", *elliptic, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root",
            "-days", "2", "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
    openssl(folder, "req", "-new", *elliptic, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Authority")
    openssl(folder, "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
            "-out", "tsa.pem", "-days", "2", "-extfile", "ext.cnf", "-extensions", "tsa")  # fmt: skip
    return folder


def openssl(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def reply(authority: Path, body: bytes) -> bytes:
    (authority / "request.tsq").write_bytes(body)
    openssl(authority, "ts", "-reply", "-config", "ts.cnf", "-section", "tsa_config", "-queryfile", "request.tsq",
            "-out", "response.tsr")  # fmt: skip
    return (authority / "response.tsr").read_bytes()


@contextmanager
def serve(authority: Path) -> Iterator[str]:
    """Its URL, for the length of the block."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = reply(authority, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *words: object) -> None:
            """Nobody reads it."""

    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsr"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
