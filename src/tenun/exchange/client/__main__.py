"""Signing for those who call with curl: `python -m tenun.exchange.client sign …`, `… token …`, `… verify …`.

    sign    prints the headers of a request, one a line, as `curl -H @FILE` reads them
    form    writes the form of a token request, or of a question about a token, and prints its headers
    token   asks for an access token and prints it, and nothing else
    verify  says whether an answer is the peer's, and to this request; its exit status says so too

    sign METHOD URL [--body FILE] [--header "Name: value" …] [--token FILE] --message-key FILE --client-key FILE
    form --issuer URL --client ID (--grant FILE | --introspect FILE) --client-key FILE --out FILE
    token --issuer URL [--address URL] --client ID --grant FILE --message-key FILE --client-key FILE --peer-keys FILE
    verify METHOD URL --request-headers FILE [--body FILE] --headers FILE --content FILE --peer-keys FILE

`URL` is the public URL (the issuer's), wherever the request is sent to. `--headers` is what `curl -D FILE` wrote, and
`--content` what `curl -o FILE` did. A token is a secret for 300 seconds: keep it in a file of your own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tenun.exchange.client.peer import read_private_key, read_public_keys
from tenun.exchange.client.refusals import ClientError, SettingsUnclear
from tenun.exchange.client.session import FORM, JSON, Client
from tenun.exchange.wire import dpop, messages, signatures, tokens
from tenun.exchange.wire.grants import Grant
from tenun.exchange.wire.messages import Request, Response
from tenun.kernel.errors import TenunError


class ContentOther(ClientError):
    """The headers are the peer's, and the content is not what they say."""

    code = "exchange.content_other"
    text_id = "Isi jawaban bukan yang disebut kepalanya yang bertanda tangan."
    text_en = "The answer's content is not what its signed headers say."
    remedy_id = "Jangan pakai isinya; ambil lagi."
    remedy_en = "Do not use it; fetch it again."


def sign(given: argparse.Namespace) -> None:
    """Print the headers of a signed request."""
    now = datetime.now(UTC)
    named = messages.headers(_pair(line) for line in given.header)
    if given.token is not None:
        token = _text(given.token, "token")
        client_key = read_private_key(_needed(given.client_key, "client_key"), setting="client_key")
        named |= {
            "authorization": f"DPoP {token}",
            "dpop": dpop.proof(client_key, method=given.method, url=given.url, now=now, token=token),
        }
    body = _bytes(given.body, "body") if given.body else b""
    if body:
        named.setdefault("content-type", JSON)
    request = Request(given.method, given.url, named, body)
    key = read_private_key(given.message_key, setting="message_key")
    signed = signatures.sign_request(request, key, now=now, nonce=secrets.token_urlsafe(18))
    _print_headers(signed.headers)


def form(given: argparse.Namespace) -> None:
    """Write the form of a request to /token or /introspect, and print its headers."""
    now = datetime.now(UTC)
    key = read_private_key(given.client_key, setting="client_key")
    assertion = tokens.client_assertion(key, client=given.client, audience=given.issuer, now=now)
    named = {"content-type": FORM}
    if given.introspect is not None:
        known = {"client_assertion_type": tokens.ASSERTION_TYPE, "client_assertion": assertion}
        content = urlencode({"token": _text(given.introspect, "introspect"), **known}).encode()
    else:
        grant = Grant.from_details(json.loads(_text(given.grant, "grant")))
        content = tokens.TokenRequest(assertion=assertion, grant=grant, client=given.client).to_form()
        named["dpop"] = dpop.proof(key, method="POST", url=f"{given.issuer}/token", now=now)
    descriptor = os.open(given.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
    _print_headers(named)


def token(given: argparse.Namespace) -> None:
    """Print an access token."""
    grant = Grant.from_details(json.loads(_text(given.grant, "grant")))
    client = Client.connect(
        issuer=given.issuer,
        address=given.address,
        client_id=given.client,
        message_key=given.message_key,
        client_key=given.client_key,
        peer_keys=given.peer_keys,
        agreement=grant.agreement,
        rev=grant.rev,
    )
    try:
        sys.stdout.write(f"{client.token(grant).value}\n")
    finally:
        client.close()


def verify(given: argparse.Namespace) -> None:
    """Say whose answer it is, or leave with status 1."""
    request_headers = messages.headers(
        _pair(line) for line in _text(given.request_headers, "request_headers").splitlines() if line.strip()
    )
    body = _bytes(given.body, "body") if given.body else b""
    request = Request(given.method, given.url, request_headers, body)
    status, answered = _dumped(_text(given.headers, "headers"))
    content = _bytes(given.content, "content")
    verified = signatures.verify_response(
        Response(status, answered, content),
        to=request,
        keys=read_public_keys(given.peer_keys),
        now=datetime.now(UTC),
        may_be_file=True,
    )
    # The digest is of the whole file; of a part, only its length can be checked before the rest is there.
    whole = (verified.repr_digest or {}).get("sha-256")
    if verified.repr_digest is not None and status == 200 and hashlib.sha256(content).digest() != whole:
        raise ContentOther()
    if verified.repr_digest is not None and str(len(content)) != answered.get("content-length"):
        raise ContentOther()
    told: Mapping[str, Any] = {
        "status": status,
        "key": verified.kid,
        "created": verified.created.isoformat(),
        "file_sha256": whole.hex() if whole else None,
    }
    sys.stdout.write(json.dumps({name: value for name, value in told.items() if value is not None}) + "\n")


# --- below the surface -------------------------------------------------------------------------------


def _print_headers(named: Mapping[str, str]) -> None:
    for name, value in named.items():
        sys.stdout.write(f"{name}: {value}\n")


def _pair(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise SettingsUnclear(setting="header", reason="it must be `Name: value`")
    return name.strip(), value.strip()


def _dumped(text: str) -> tuple[int, dict[str, str]]:
    """Status and headers of the last answer that `curl -D` wrote."""
    last = [block for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()][-1]
    first, *lines = last.strip().split("\n")
    words = first.split()
    if len(words) < 2 or not words[1].isdigit():
        raise SettingsUnclear(setting="headers", reason="it is not what `curl -D` writes")
    return int(words[1]), messages.headers(_pair(line) for line in lines)


def _needed(value: Path | None, setting: str) -> Path:
    if value is None:
        raise SettingsUnclear(setting=setting, reason="it is needed with a token")
    return value


def _bytes(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise SettingsUnclear(setting=setting, reason=type(problem).__name__) from None


def _text(path: Path, setting: str) -> str:
    try:
        return _bytes(path, setting).decode("utf-8").strip()
    except UnicodeDecodeError as problem:
        raise SettingsUnclear(setting=setting, reason=type(problem).__name__) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tenun.exchange.client",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True)

    one = commands.add_parser("sign", help="headers of a signed request")
    one.add_argument("method")
    one.add_argument("url")
    one.add_argument("--body", type=Path)
    one.add_argument("--header", action="append", default=[], help='"Name: value", may be repeated')
    one.add_argument("--token", type=Path, help="file with an access token")
    one.add_argument("--message-key", type=Path, required=True)
    one.add_argument("--client-key", type=Path)
    one.set_defaults(run=sign)

    one = commands.add_parser("form", help="form and DPoP header of a token request")
    one.add_argument("--issuer", required=True)
    one.add_argument("--client", required=True)
    what = one.add_mutually_exclusive_group(required=True)
    what.add_argument("--grant", type=Path, help="file with authorization_details")
    what.add_argument("--introspect", type=Path, help="file with an access token")
    one.add_argument("--client-key", type=Path, required=True)
    one.add_argument("--out", type=Path, required=True, help="where the form is written")
    one.set_defaults(run=form)

    one = commands.add_parser("token", help="an access token")
    one.add_argument("--issuer", required=True)
    one.add_argument("--address")
    one.add_argument("--client", required=True)
    one.add_argument("--grant", type=Path, required=True, help="file with authorization_details")
    one.add_argument("--message-key", type=Path, required=True)
    one.add_argument("--client-key", type=Path, required=True)
    one.add_argument("--peer-keys", type=Path, required=True)
    one.set_defaults(run=token)

    one = commands.add_parser("verify", help="whether an answer is the peer's, to this request")
    one.add_argument("method")
    one.add_argument("url")
    one.add_argument("--request-headers", type=Path, required=True)
    one.add_argument("--body", type=Path)
    one.add_argument("--headers", type=Path, required=True)
    one.add_argument("--content", type=Path, required=True)
    one.add_argument("--peer-keys", type=Path, required=True)
    one.set_defaults(run=verify)
    return parser


def main(words: list[str] | None = None) -> int:
    given = _parser().parse_args(words)
    try:
        given.run(given)
    except TenunError as problem:
        for language in ("id", "en"):
            sys.stderr.write(f"{problem.message(language)} {problem.remedy(language)}".strip() + "\n")
        sys.stderr.write(f"[{problem.code}]\n")
        return 1
    except ValueError:
        sys.stderr.write("Berkas itu bukan JSON. / That file is not JSON.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
