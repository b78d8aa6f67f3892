"""What a signed call costs at the level of messages: microseconds by stage, beside http-message-signatures.

python benchmarks/wire.py [--rounds 1000] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver, algorithms  # noqa: E402
from joserfc.jwk import ECKey, OKPKey  # noqa: E402

from tenun.exchange.wire import dpop, keys, signatures, tokens  # noqa: E402
from tenun.exchange.wire.messages import Request, Response  # noqa: E402
from tenun.exchange.wire.replay import MemoryReplay  # noqa: E402

URL = "https://desa.example/v1/agreements/sid-siapkerja/queries"
ISSUER = "https://desa.example"
BODY = json.dumps({"nik": "x" * 16, "mode": "value", "ticket": "T-1"}).encode()
ANSWER = json.dumps({"rows": [{"field": "value"}] * 20}).encode()
GRANT = tokens.Grant(
    agreement="urn:tenun:agreement:sid-siapkerja",
    rev="ab" * 32,
    dataset="sid-warga",
    operation="subject",
    purpose="pemadanan",
    fields=tuple(f"field_{number:02}" for number in range(20)),
)


@dataclass
class TheirRequest:
    method: str
    url: str
    headers: dict[str, str]


@dataclass
class TheirResponse:
    status_code: int
    headers: dict[str, str]
    request: TheirRequest


def measure(kind: str, rounds: int) -> dict[str, float]:
    """Median microseconds by stage, for one kind of key."""
    key = OKPKey.generate_key("Ed25519") if kind == "ed25519" else ECKey.generate_key("P-256")
    pinned, now = {key.thumbprint(): key}, datetime.now(UTC)
    token = tokens.issue(GRANT, key, issuer=ISSUER, client="naker", thumbprint=key.thumbprint(), epoch="7", now=now)
    proof = dpop.proof(key, method="POST", url=URL, now=now, token=token)
    bare = Request(
        "POST", URL, {"content-type": "application/json", "authorization": f"DPoP {token}", "dpop": proof}, BODY
    )
    asked = signatures.sign_request(bare, key, now=now)
    plain = Response(200, {"content-type": "application/json"}, ANSWER)
    answered = signatures.sign_response(plain, to=asked, key=key, now=now)
    base, cache, replay = b"x" * 1800, tokens.TokenCache(), MemoryReplay(capacity=10 * rounds)
    signature = keys.sign(key, base)
    count = iter(range(10 * rounds))
    stages: dict[str, Callable[[], object]] = {
        "key: sign": lambda: keys.sign(key, base),
        "key: verify": lambda: keys.has_signed(key, base, signature),
        "request: sign": lambda: signatures.sign_request(bare, key, now=now),
        "request: verify": lambda: signatures.verify_request(asked, keys=pinned, now=now),
        "response: sign": lambda: signatures.sign_response(plain, to=asked, key=key, now=now),
        "response: verify": lambda: signatures.verify_response(answered, to=asked, keys=pinned, now=now),
        "token: issue": lambda: tokens.issue(
            GRANT, key, issuer=ISSUER, client="naker", thumbprint=key.thumbprint(), epoch="7", now=now
        ),
        "token: verify": lambda: tokens.verify(token, keys=pinned, issuer=ISSUER, now=now),
        "token: verify again": lambda: tokens.verify(token, keys=pinned, issuer=ISSUER, now=now, cache=cache),
        "dpop: prove": lambda: dpop.proof(key, method="POST", url=URL, now=now, token=token),
        "dpop: verify": lambda: dpop.verify(
            proof, method="POST", url=URL, now=now, token=token, thumbprint=key.thumbprint()
        ),
        "replay: remember two": lambda: replay.remember(
            "call", [f"a{next(count)}", f"b{next(count)}"], expires=now + timedelta(minutes=10)
        ),
        **_theirs(kind, key, bare, asked, answered, now),
    }
    found = {name: _median(stage, rounds) for name, stage in stages.items()}
    ours = [f"{message}: {step}" for message in ("request", "response") for step in ("sign", "verify")]
    found["request and response, ours"] = sum(found[name] for name in ours)
    found["request and response, http-message-signatures"] = sum(found[f"theirs, {name}"] for name in ours)
    return {name: round(value, 1) for name, value in found.items()}


def _theirs(
    kind: str, key: Any, bare: Request, asked: Request, answered: Response, now: datetime
) -> dict[str, Callable[[], object]]:
    """The same messages, signed over the same components, by the general library."""
    algorithm = algorithms.ED25519 if kind == "ed25519" else algorithms.ECDSA_P256_SHA256
    kid = key.thumbprint()
    resolver = MappingKeyResolver(public_keys={kid: key.public_key}, private_keys={kid: key.private_key})
    signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=resolver)
    their_asked = TheirRequest(asked.method, asked.url, dict(asked.headers))
    their_answered = TheirResponse(answered.status, dict(answered.headers), their_asked)
    times = {"created": now, "expires": now + timedelta(seconds=60), "label": "sig1", "key_id": kid}

    def sign_request() -> None:
        message = TheirRequest(bare.method, bare.url, dict(bare.headers))
        covered = ("@method", "@target-uri", "content-type", "authorization", "dpop")
        signer.sign(message, body=bare.body, covered_component_ids=covered, nonce="n" * 22, tag="pks-req", **times)

    def sign_response() -> None:
        message = TheirResponse(200, {"content-type": "application/json"}, their_asked)
        covered = (
            "@status", "content-type", '"signature";req;key="sig1"', '"@method";req', '"@target-uri";req',
        )  # fmt: skip
        signer.sign(message, body=ANSWER, covered_component_ids=covered, tag="pks-res", **times)

    def verify(message: Any, body: bytes, tag: str) -> None:
        results = verifier.verify(message, max_age=timedelta(hours=1), expect_tag=tag)
        verifier.verify_body(message, results, body)

    return {
        "theirs, request: sign": sign_request,
        "theirs, request: verify": lambda: verify(their_asked, asked.body, "pks-req"),
        "theirs, response: sign": sign_response,
        "theirs, response: verify": lambda: verify(their_answered, answered.body, "pks-res"),
    }


def _median(stage: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        stage()
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = {kind: measure(kind, arguments.rounds) for kind in ("ed25519", "p-256")}
    if arguments.json:
        print(json.dumps(found))
        return
    print(f"{'microseconds, median':<48}{'ed25519':>10}{'p-256':>10}")
    for name in found["ed25519"]:
        print(f"{name:<48}{found['ed25519'][name]:>10}{found['p-256'][name]:>10}")


if __name__ == "__main__":
    main()
