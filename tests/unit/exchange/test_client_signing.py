"""The helper for those who call with curl: what it prints, a node accepts; what is not the peer's, it says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tenun.agreement import party_jwk
from tenun.agreement.party_jwk import Key
from tenun.exchange.client.__main__ import main
from tenun.exchange.wire import digests, dpop, signatures, tokens
from tenun.exchange.wire.messages import Request, Response, headers

URL = "https://simpul.example.go.id/v1/agreements/sid-siapkerja/exports"


class Tool:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], curve: str) -> None:
        self.folder = folder
        self.capsys = capsys
        self.message, self.client, self.peer = (party_jwk.generate(curve) for _ in range(3))
        for name, key in (("message", self.message), ("client", self.client)):
            self.file(f"{name}.jwk", json.dumps(key.as_dict(private=True)).encode())
        self.file("peer.json", json.dumps([party_jwk.public_jwk(self.peer)]).encode())

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def __call__(self, *words: str) -> tuple[int, str, str]:
        status = main(list(words))
        said = self.capsys.readouterr()
        return status, said.out, said.err

    def keys(self, key: Key) -> dict[str, Key]:
        return {key.thumbprint(): key}

    def signed(self, method: str, body: bytes = b"") -> Request:
        words = ["sign", method, URL, "--message-key", str(self.folder / "message.jwk")]
        if body:
            words += ["--body", self.file("body", body)]
        status, out, _ = self(*words)
        assert status == 0
        self.file("request.headers", out.encode())
        pairs = [(line.split(": ")[0], line.split(": ", 1)[1]) for line in out.splitlines()]
        return Request(method, URL, headers(pairs), body)

    def verify(self, response: Response, *, content: bytes | None = None) -> tuple[int, str, str]:
        lines = [f"HTTP/1.1 {response.status} OK", *(f"{name}: {value}" for name, value in response.headers.items())]
        return self(
            "verify",
            "GET",
            URL,
            "--request-headers",
            str(self.folder / "request.headers"),
            "--headers",
            self.file("answer.headers", ("\r\n".join(lines) + "\r\n\r\n").encode()),
            "--content",
            self.file("answer", response.body if content is None else content),
            "--peer-keys",
            str(self.folder / "peer.json"),
        )


@pytest.fixture(params=["Ed25519", "P-256"])
def tool(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tool:
    return Tool(tmp_path, capsys, request.param)


def test_what_is_signed_verifies(tool: Tool) -> None:
    request = tool.signed("POST", b'{"dataset": "sid-warga"}')
    verified = signatures.verify_request(request, keys=tool.keys(tool.message), now=datetime.now(UTC))
    assert verified.kid == tool.message.thumbprint()
    assert request.headers["content-type"] == "application/json"


def test_with_a_token_goes_a_proof(tool: Tool) -> None:
    token = tool.file("token.txt", b"abc.def.ghi\n")
    keys = ("--message-key", str(tool.folder / "message.jwk"), "--client-key", str(tool.folder / "client.jwk"))
    status, out, _ = tool("sign", "GET", URL, "--token", token, *keys)
    assert status == 0
    named = dict(line.split(": ", 1) for line in out.splitlines())
    assert named["authorization"] == "DPoP abc.def.ghi"
    proof = dpop.verify(named["dpop"], method="GET", url=URL, now=datetime.now(UTC), token="abc.def.ghi")
    assert proof.thumbprint == tool.client.thumbprint()


def test_the_form_of_a_token_request_is_one_that_a_node_reads(tool: Tool) -> None:
    grant = [
        {
            "type": "urn:pks:access:1",
            "agreement": "urn:tenun:agreement:sid-siapkerja",
            "rev": "0" * 64,
            "dataset": "sid-warga",
            "operation": "bulk",
            "purpose": "pemadanan",
            "fields": ["nik"],
        }
    ]
    out = tool.folder / "form"
    words = ["--grant", tool.file("grant.json", json.dumps(grant).encode()), "--out", str(out)]
    words += ["--issuer", "https://simpul.example.go.id", "--client", "naker"]
    status, said, _ = tool("form", *words, "--client-key", str(tool.folder / "client.jwk"))
    assert status == 0
    assert "dpop: " in said
    asked = tokens.TokenRequest.from_form(out.read_bytes())
    assert asked.grant.to_details() == grant
    assert out.stat().st_mode & 0o077 == 0


def answer(tool: Tool, request: Request, body: bytes = b'{"a": 1}') -> Response:
    bare = Response(200, {"content-type": "application/json"}, body)
    return signatures.sign_response(bare, to=request, key=tool.peer, now=datetime.now(UTC))


def test_the_peers_answer_verifies(tool: Tool) -> None:
    status, out, _ = tool.verify(answer(tool, tool.signed("GET")))
    assert status == 0
    assert json.loads(out)["key"] == tool.peer.thumbprint()


def test_any_other_does_not(tool: Tool) -> None:
    request = tool.signed("GET")
    good = answer(tool, request)
    other = party_jwk.generate()
    by_another = signatures.sign_response(
        Response(200, {"content-type": "application/json"}, b"{}"), to=request, key=other, now=datetime.now(UTC)
    )
    unsigned = Response(200, {"content-type": "application/json"}, b"{}")
    to_another = answer(tool, Request("GET", URL, {}, b""))
    for response, content in ((good, b"{}"), (by_another, None), (unsigned, None), (to_another, None)):
        status, out, err = tool.verify(response, content=content)
        assert (status, out) == (1, "")
        assert "[exchange." in err


def test_a_file_is_compared_with_the_digest_in_its_headers(tool: Tool) -> None:
    request = tool.signed("GET")
    said = {
        "content-type": "application/octet-stream",
        "content-length": "4",
        "etag": '"x"',
        "repr-digest": digests.sha256_field(b"file"),
    }
    head = signatures.sign_response(Response(200, said), to=request, key=tool.peer, now=datetime.now(UTC))
    assert tool.verify(head, content=b"file")[0] == 0
    status, _, err = tool.verify(head, content=b"fine")
    assert status == 1
    assert "exchange.content_other" in err


def test_a_key_that_cannot_be_read_is_told_without_what_is_in_it(tool: Tool) -> None:
    path = tool.file("bad.jwk", b'{"kty": "OKP", "d": "geheim"}')
    status, _, err = tool("sign", "GET", URL, "--message-key", path)
    assert status == 1
    assert "message_key" in err
    assert "geheim" not in err
