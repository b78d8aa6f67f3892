"""The client: every call of the API as a function, for whoever has keys and an agreement. No node is needed."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode

import urllib3

from tenun.agreement.party_jwk import Key
from tenun.exchange.client import downloads
from tenun.exchange.client.downloads import Folder, PlainFolder, RemoteFile
from tenun.exchange.client.peer import Credentials, Peer, read_private_key, read_public_keys
from tenun.exchange.client.refusals import AnswerMalformed, ExportFailed, ExportTakesLong, Refused, SettingsUnclear
from tenun.exchange.client.transport import Answer, Call, Ledger, Retrying, Transport
from tenun.exchange.wire import dpop, tokens
from tenun.exchange.wire.tokens import Grant
from tenun.kernel import canonical_json
from tenun.kernel.clock import Clock, SystemClock

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
EVENT = "application/cloudevents+json"
DELIVERY = "tenun-act-delivery/1"
MANIFEST_BYTES_MAX = 64 * 1024 * 1024
RENEW_BEFORE = timedelta(seconds=30)
"""A token is asked for anew when it has less than this left: a call takes time."""
WAIT_S_MAX = 3600.0

Format = Literal["parquet", "arrow", "ndjson"]
Progress = Callable[[str, int, int | None], None]
"""`(stage, done, of)`: stage `prepare` in per cent, stage `download` in bytes."""

# After these the token is worthless and a new one may not be: asked for once more.
_TOKEN_DEAD = frozenset({"token-epoch", "token-invalid"})


@dataclass(frozen=True)
class Token:
    """An access token, for one grant."""

    value: str
    expires: datetime
    details: Sequence[Mapping[str, Any]]
    """What was granted, as the peer says it: never wider than what was asked."""


@dataclass(frozen=True)
class Job:
    """An export at the peer. Keep it (`as_dict`, `from_dict`) to go on with it after a restart."""

    id: str
    grant: Grant
    path: str
    """Where its state is asked for."""
    idempotency_key: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "grant": self.grant.to_details(),
            "path": self.path,
            "idempotency_key": self.idempotency_key,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Job:
        return cls(value["id"], Grant.from_details(value["grant"]), value["path"], value["idempotency_key"])


@dataclass(frozen=True)
class Manifest:
    """What the peer says of a finished export."""

    value: Mapping[str, Any]
    """The document as it came: members of the FHIR Bulk Data manifest around `manifest` and its `signature`."""
    files: Sequence[RemoteFile]
    """All there is to fetch: parts of deleted rows first, then parts of rows, each in order."""

    @property
    def transaction_time(self) -> str:
        """What to give as `since` next time."""
        return str(self.value["transactionTime"])

    @property
    def signed(self) -> bytes:
        """The signed part, in the bytes that `signature` is over: proof that outlives the connection."""
        return canonical_json.dumps(self.value["manifest"])

    @property
    def signature(self) -> str:
        """Detached JWS (RFC 7515, appendix F) by the peer's message key."""
        return str(self.value["signature"])


class Client:
    """Calls to the other party's node.

    Every request is signed, every answer is verified before it is used. Errors are the classes of
    `tenun.exchange.client.refusals`, each with text and remedy in Indonesian and English: `Refused` is what the
    peer said, `AnswerNotBelieved` is an answer that anyone could have sent, `PeerUnreachable` is none.
    """

    def __init__(self, transport: Transport, *, retrying: Retrying | None = None) -> None:
        self._transport = transport
        self._retrying = retrying or Retrying()
        self._tokens: dict[str, Token] = {}

    @classmethod
    def connect(
        cls,
        *,
        issuer: str,
        client_id: str,
        message_key: Path | Mapping[str, Any] | Key,
        client_key: Path | Mapping[str, Any] | Key,
        peer_keys: Path | Mapping[str, Any] | Sequence[Mapping[str, Any]],
        agreement: str,
        rev: str,
        address: str | None = None,
        ca_file: Path | None = None,
        certificate: Path | None = None,
        certificate_key: Path | None = None,
        clock: Clock | None = None,
        retrying: Retrying | None = None,
        ledger: Ledger | None = None,
        sleep: Callable[[float], None] = time.sleep,
        pool: urllib3.PoolManager | None = None,
    ) -> Client:
        """A client of one node. Nothing is sent yet.

        `issuer` is the node's public URL as the agreement has it, `address` where to connect to if that is
        another place (a gateway). `client_id` is the party's name. `message_key` and `client_key` are private
        JWKs or files of them, whose public parts the agreement pins; `peer_keys` are the peer's message keys,
        as the agreement pins them. `agreement` is its URN, `rev` the SHA-256 of the document in force.
        `certificate` with its key is for mutual TLS. Raises `SettingsUnclear`.
        """
        peer = Peer(issuer, read_public_keys(peer_keys), address, ca_file)
        credentials = Credentials(
            client_id=client_id,
            message_key=read_private_key(message_key, setting="message_key"),
            client_key=read_private_key(client_key, setting="client_key"),
            agreement=agreement,
            rev=rev,
            certificate=certificate,
            certificate_key=certificate_key,
        )
        transport = Transport(
            peer,
            credentials,
            clock=clock or SystemClock(),
            ledger=ledger,
            retrying=retrying,
            sleep=sleep,
            pool=pool,
        )
        return cls(transport, retrying=retrying)

    def close(self) -> None:
        self._transport.close()

    def attend(self, ledger: Ledger) -> None:
        """Have every call noted from now on: a node's own log."""
        self._transport.ledger = ledger

    @property
    def credentials(self) -> Credentials:
        return self._transport.credentials

    @property
    def peer(self) -> Peer:
        return self._transport.peer

    def use_revision(self, rev: str) -> None:
        """Go by another revision of the agreement from now on. Tokens of the one before are not used any more."""
        self._transport.credentials = replace(self._transport.credentials, rev=rev)
        self._tokens.clear()

    # --- tokens ----------------------------------------------------------------------------------

    def grant(
        self, *, dataset: str, operation: str, purpose: str, fields: Collection[str], area: str | None = None
    ) -> Grant:
        """What to ask a token for: one dataset, operation, purpose and area, and exactly these fields."""
        return Grant(
            agreement=self.credentials.agreement,
            rev=self.credentials.rev,
            dataset=dataset,
            operation=operation,
            purpose=purpose,
            fields=tuple(sorted(fields)),
            area=area,
        )

    def token(self, grant: Grant, *, is_fresh: bool = False) -> Token:
        """A token for the grant: the one that is there, or a new one shortly before that expires.

        `is_fresh` asks for a new one in any case. Raises `Refused` where the agreement does not give it.
        """
        key = json.dumps(grant.to_details(), sort_keys=True)
        known = self._tokens.get(key)
        now = self._transport.clock.now()
        if known is not None and not is_fresh and now < known.expires - RENEW_BEFORE:
            return known
        proof = dpop.proof(self.credentials.client_key, method="POST", url=self.peer.url("/token"), now=now)
        answer = self._transport.send(
            Call(
                "POST",
                "/token",
                self._token_form(grant, now),
                {"content-type": FORM, "dpop": proof},
                is_signed=False,
                about=_about(grant, "token"),
            )
        )
        token = _token(answer, grant, now)
        self._tokens[key] = token
        return token

    def introspect(self, token: str) -> Mapping[str, Any]:
        """Whether a token of the peer counts at this moment (RFC 7662): for gateways that look before they pass on."""
        now = self._transport.clock.now()
        form = {
            "token": token,
            "client_assertion_type": tokens.ASSERTION_TYPE,
            "client_assertion": self._assertion(now),
        }
        content = urlencode(form).encode()
        about = {"step": "introspect"}
        call = Call("POST", "/introspect", content, {"content-type": FORM}, is_signed=False, about=about)
        return _object(self._transport.send(call))

    def forget_tokens(self) -> None:
        """Ask for new tokens from now on."""
        self._tokens.clear()

    def _token_form(self, grant: Grant, now: datetime) -> bytes:
        own = self.credentials
        return tokens.TokenRequest(assertion=self._assertion(now), grant=grant, client=own.client_id).to_form()

    def _assertion(self, now: datetime) -> str:
        own = self.credentials
        return tokens.client_assertion(own.client_key, client=own.client_id, audience=self.peer.issuer, now=now)

    # --- exports ---------------------------------------------------------------------------------

    def export(
        self,
        *,
        dataset: str,
        purpose: str,
        fields: Collection[str],
        area: str | None = None,
        format: Format = "parquet",
        since: str | None = None,
        idempotency_key: str | None = None,
        wait_s_max: float = WAIT_S_MAX,
        progress: Progress | None = None,
    ) -> tuple[Job, Manifest]:
        """Ask for an export and wait for it. With `since`, for what changed since that transaction time.

        The same `idempotency_key` asks for the same export again, after a crash or a broken line. Raises
        `Refused`, `ExportFailed`, and `ExportTakesLong` when `wait_s_max` seconds are over.
        """
        job = self.begin_export(
            dataset=dataset,
            purpose=purpose,
            fields=fields,
            area=area,
            format=format,
            since=since,
            idempotency_key=idempotency_key,
        )
        return job, self.wait(job, wait_s_max=wait_s_max, progress=progress)

    def delta(self, *, since: str, **asked: Any) -> tuple[Job, Manifest]:
        """What changed since a transaction time: `export` with `since`."""
        return self.export(since=since, **asked)

    def begin_export(
        self,
        *,
        dataset: str,
        purpose: str,
        fields: Collection[str],
        area: str | None = None,
        format: Format = "parquet",
        since: str | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Ask for an export and do not wait for it."""
        key = idempotency_key or secrets.token_hex(16)
        operation = "delta" if since is not None else "bulk"
        grant = self.grant(dataset=dataset, operation=operation, purpose=purpose, fields=fields, area=area)
        body = {
            "dataset": dataset,
            "purpose": purpose,
            "fields": sorted(fields),
            "area": area,
            "format": format,
            "since": since,
        }
        answer = self._with_token(
            grant,
            Call(
                "POST",
                f"{self.credentials.base}/exports",
                _json({name: value for name, value in body.items() if value is not None}),
                {"content-type": JSON, "prefer": "respond-async", "idempotency-key": key},
                is_repeatable=True,
                about=_about(grant, "export"),
            ),
        )
        location = answer.headers.get("content-location")
        if answer.status != 202 or not location:
            raise AnswerMalformed(reason="an export without its Content-Location")
        path = self.peer.path(location)
        return Job(path.rstrip("/").rsplit("/", 1)[-1], grant, path, key)

    def wait(self, job: Job, *, wait_s_max: float = WAIT_S_MAX, progress: Progress | None = None) -> Manifest:
        """The manifest of an export, once it is ready. `progress("prepare", per cent, 100)` is told how far it is."""
        waited = 0.0
        while True:
            answer = self._with_token(
                job.grant,
                Call("GET", job.path, is_repeatable=True, about=_about(job.grant, "status", job)),
            )
            if answer.status == 200:
                return self.manifest(job)
            if answer.status != 202:
                raise ExportFailed(state=answer.status)
            if progress is not None:
                progress("prepare", _per_cent(answer), 100)
            pause = float(min(max(answer.retry_after or 1, 1), 60))
            if waited + pause > wait_s_max:
                raise ExportTakesLong(seconds=round(waited))
            self._transport.sleep(pause)
            waited += pause

    def manifest(self, job: Job) -> Manifest:
        """The manifest of a finished export."""
        answer = self._with_token(
            job.grant,
            Call(
                "GET",
                f"{job.path}/manifest",
                is_repeatable=True,
                body_max=MANIFEST_BYTES_MAX,
                about=_about(job.grant, "manifest", job),
            ),
        )
        return read_manifest(answer.body, self.peer)

    def cancel(self, job: Job) -> None:
        """End an export, and have its files removed at the peer. Nothing happens to one that is gone already."""
        call = Call("DELETE", job.path, is_repeatable=True, about=_about(job.grant, "cancel", job))
        try:
            self._with_token(job.grant, call)
        except Refused as problem:
            if problem.status not in (404, 410):
                raise

    def download(
        self, job: Job, manifest: Manifest, folder: Path | Folder, *, progress: Progress | None = None
    ) -> None:
        """Fetch every file of an export into a folder.

        When this returns, each file lies there under the name that the manifest has (`/` becomes `-`), and its
        SHA-256 is the one that the manifest names. What a killed run fetched is not fetched again.
        `progress("download", bytes, of)` counts bytes that came. Raises `FileAltered`, `PeerUnreachable`, `Refused`.
        """
        place = PlainFolder(folder) if isinstance(folder, Path) else folder
        total = sum(file.size for file in manifest.files)
        done = 0

        def told(count: int) -> None:
            nonlocal done
            done += count
            if progress is not None:
                progress("download", done, total)

        for file in manifest.files:
            before = 0 if not place.has(file) else file.size
            told(before or place.begun(file)[0])
            self._fetch(job, file, place, told)

    def _fetch(self, job: Job, file: RemoteFile, place: Folder, told: Callable[[int], None]) -> None:
        def make_call(wanted: RemoteFile) -> Call:
            # Asked for at each attempt: a large file outlives a token.
            return Call(
                "GET",
                wanted.path,
                headers={"accept": "*/*"},
                token=self.token(job.grant).value,
                is_repeatable=False,  # repeated by the download, from where it broke off
                about=_about(job.grant, "file", job),
            )

        try:
            downloads.fetch(self._transport, file, place, make_call=make_call, retrying=self._retrying, progress=told)
        except Refused as problem:
            if problem.type not in _TOKEN_DEAD:
                raise
            self.token(job.grant, is_fresh=True)
            downloads.fetch(self._transport, file, place, make_call=make_call, retrying=self._retrying, progress=told)

    # --- one person ------------------------------------------------------------------------------

    def subject(
        self,
        *,
        dataset: str,
        purpose: str,
        fields: Collection[str],
        person: Mapping[str, str],
        ticket: str,
        mode: Literal["exists", "value"] = "exists",
    ) -> Mapping[str, Any]:
        """The answer about one person, for the case that `ticket` names. `person` is `{"nik": …}`.

        The identifier travels in the signed body only, never in an address, a log or an error.
        """
        grant = self.grant(dataset=dataset, operation="subject", purpose=purpose, fields=fields)
        body = {
            "dataset": dataset,
            "purpose": purpose,
            "fields": sorted(fields),
            "subject": dict(person),
            "mode": mode,
            "ticket": ticket,
        }
        call = Call(
            "POST",
            f"{self.credentials.base}/queries",
            _json(body),
            {"content-type": JSON},
            is_repeatable=False,
            about=_about(grant, "query"),
        )
        return _object(self._with_token(grant, call))

    # --- agreement, catalogue, log, events -------------------------------------------------------

    def catalogue(self) -> Mapping[str, Any]:
        """What the agreement lets this client ask for, as DCAT 3 in JSON-LD."""
        return _object(self._get("/v1/catalog", "catalogue", accept="application/ld+json, application/json"))

    def metadata(self) -> Mapping[str, Any]:
        """The peer's authorisation server (RFC 8414)."""
        path, about = "/.well-known/oauth-authorization-server", {"step": "metadata"}
        call = Call("GET", path, is_signed=False, is_repeatable=True, about=about)
        return _object(self._transport.send(call))

    def node(self) -> Mapping[str, Any]:
        """The peer's node: versions, log and witness prefixes."""
        call = Call("GET", "/.well-known/pks-node", is_signed=False, is_repeatable=True, about={"step": "node"})
        return _object(self._transport.send(call))

    def acts(self) -> Any:
        """The chain of signed acts on the agreement, as the peer has it. Verify it before believing it."""
        return self._get(f"{self.credentials.base}/acts", "acts").json()

    def state(self, *, at: str | None = None) -> Mapping[str, Any]:
        """The agreement's state as the peer sees it; `at` is an RFC 3339 moment."""
        query = f"?{urlencode({'at': at})}" if at else ""
        return _object(self._get(f"{self.credentials.base}/acts/state{query}", "state"))

    def revision(self, rev: str) -> bytes:
        """The document of an addendum with its text and contracts, in one piece. Check its digests before use."""
        return self._get(f"{self.credentials.base}/acts/revisions/{rev}", "revision").body

    def post_act(self, act: bytes, *, revision: bytes | None = None) -> Any:
        """Give the peer a signed act, an addendum with its `revision`. The same act twice has the effect of one."""
        content = act
        if revision is not None:
            content = _json({"type": DELIVERY, "act": act.decode(), "revision": revision.decode()})
        return self._post(f"{self.credentials.base}/acts", content, "act", content_type=JSON)

    def post_receipt(self, receipt: bytes) -> Any:
        """Give the peer the signed receipt for a delivery. The same receipt twice has the effect of one."""
        return self._post(f"{self.credentials.base}/receipts", receipt, "receipt", content_type="application/jose")

    def post_event(self, event: bytes) -> int:
        """Tell the peer of an event (CloudEvents, structured JSON). Gives the status of its answer.

        The same event twice has the effect of one: the peer knows it by `source` and `id`.
        """
        call = Call("POST", "/v1/events", event, {"content-type": EVENT}, is_repeatable=True, about={"step": "event"})
        return self._transport.send(call).status

    def log_checkpoint(self) -> bytes:
        """The newest signed checkpoint of the peer's log (C2SP tlog-checkpoint)."""
        return self._get("/v1/log/checkpoint", "checkpoint", accept="text/plain").body

    def log_tile(self, path: str) -> bytes:
        """A tile or entry bundle of the peer's log (C2SP tlog-tiles), such as `0/000` or `entries/000`."""
        return self._get(f"/v1/log/tile/{quote(path, safe='/')}", "tile", accept="application/octet-stream").body

    def add_checkpoint(self, request: bytes) -> tuple[int, bytes]:
        """Ask the peer, as a witness, to cosign a checkpoint (C2SP tlog-witness). Gives status and body.

        200: lines of cosignatures. 409: the size that the witness has; ask again from there. Raises what others
        raise, and `Refused` for every other refusal.
        """
        call = Call(
            "POST",
            "/v1/witness/add-checkpoint",
            request,
            {"content-type": "text/plain; charset=utf-8"},
            is_repeatable=True,
            accepted=frozenset({409}),
            about={"step": "witness"},
        )
        answer = self._transport.send(call)
        return answer.status, answer.body

    def call(self, call: Call) -> Answer:
        """Any other call of the API, signed and verified like these."""
        return self._transport.send(call)

    # --- below the surface -----------------------------------------------------------------------

    def _get(self, path: str, step: str, *, accept: str = JSON) -> Answer:
        call = Call("GET", path, headers={"accept": accept}, is_repeatable=True, about={"step": step})
        return self._transport.send(call)

    def _post(self, path: str, content: bytes, step: str, *, content_type: str) -> Any:
        call = Call(
            "POST",
            path,
            content,
            {"content-type": content_type, "idempotency-key": secrets.token_hex(16)},
            is_repeatable=True,
            about={"step": step},
        )
        answer = self._transport.send(call)
        return answer.json() if answer.body else {}

    def _with_token(self, grant: Grant, call: Call) -> Answer:
        """With a token; and once more with a new one where the peer says that this one is dead."""
        try:
            return self._transport.send(replace(call, token=self.token(grant).value))
        except Refused as problem:
            if problem.type not in _TOKEN_DEAD:
                raise
        return self._transport.send(replace(call, token=self.token(grant, is_fresh=True).value))


def read_manifest(content: bytes, peer: Peer) -> Manifest:
    """The manifest of a verified answer, with the paths of its files. Raises `AnswerMalformed`."""
    try:
        value = json.loads(content)
        # What is to be taken away comes first: a place's changes are applied once all of them are known.
        files = [_remote(one, peer) for one in (*value["deleted"], *value["output"])]
        if not isinstance(value["manifest"], dict) or not isinstance(value["signature"], str):
            raise TypeError
        str(value["transactionTime"])
    except (AttributeError, KeyError, TypeError, ValueError, SettingsUnclear) as problem:
        raise AnswerMalformed(reason="a manifest that cannot be read") from problem
    return Manifest(value, files)


def _remote(one: Mapping[str, Any], peer: Peer) -> RemoteFile:
    path = peer.path(str(one["url"]))
    return RemoteFile(
        name=path.rsplit("/", 1)[-1],
        path=path,
        size=int(one["size"]),
        sha256=str(one["sha256"]),
        rows=int(one["count"]),
    )


def _about(grant: Grant, step: str, job: Job | None = None) -> dict[str, Any]:
    return {
        "step": step,
        "operation": grant.operation,
        "dataset": grant.dataset,
        "purpose": grant.purpose,
        "fields": list(grant.fields),
        "area": grant.area,
        "job": job.id if job else None,
    }


def _token(answer: Answer, grant: Grant, asked: datetime) -> Token:
    said = _object(answer)
    try:
        value, kind, life = str(said["access_token"]), str(said["token_type"]), int(said["expires_in"])
        details = said.get("authorization_details", grant.to_details())
    except (KeyError, TypeError, ValueError) as problem:
        raise AnswerMalformed(reason="a token answer without its members") from problem
    if kind.lower() != "dpop":
        raise AnswerMalformed(reason="a token that is not bound to our key")
    return Token(value, asked + timedelta(seconds=life), details)


def _per_cent(answer: Answer) -> int:
    digits = "".join(character for character in answer.headers.get("x-progress", "")[:40] if character.isdigit())
    return min(int(digits[:3] or "0"), 100)


def _object(answer: Answer) -> Mapping[str, Any]:
    value = answer.json()
    if not isinstance(value, Mapping):
        raise AnswerMalformed(reason="not a JSON object")
    return value


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
