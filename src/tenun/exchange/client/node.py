"""The node's own consumer role: pull what the agreement gives from the other party's node, and take it in.

Everything that `unpack` checks of a file is checked of what comes online, by the same code. A run that is killed at
any point is gone on with by the next one, and both together have the effect of one.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Denial, Operation, Permit, Use, allowed_fields, decide
from tenun.agreement.standing import Position, Standing
from tenun.agreement.vocabulary import KeyUse
from tenun.exchange import holdings, intake, journal
from tenun.exchange.binding import parse_area
from tenun.exchange.calls import CallBook
from tenun.exchange.client import pulls
from tenun.exchange.client.downloads import RemoteFile, SealedFolder
from tenun.exchange.client.ledger import CallLedger
from tenun.exchange.client.peer import Credentials, Peer
from tenun.exchange.client.pulls import Pull, PullFolder
from tenun.exchange.client.refusals import AnswerLate, ClientError, FileAltered, PeerUnreachable, Refused
from tenun.exchange.client.session import Client, Format, Job, Manifest, Token, read_manifest
from tenun.exchange.client.transport import Retrying, Transport
from tenun.exchange.gate import Gate, GateClosed, OutgoingGate, Passage
from tenun.exchange.holdings import BaseOther
from tenun.exchange.intake import Accepted, Checked
from tenun.exchange.manifest import Manifest as Stated
from tenun.exchange.refusals import ExchangeError, NotPermitted, WrongNode
from tenun.exchange.register import ACCEPTED, Register
from tenun.exchange.station import Station, pinned_keys
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError
from tenun.transparency_log import crash

RECIPE = "exchange-pull/1"
LAST = "last"
"""As `since`: from wherever the last delivery of the same kind left off; everything where there was none."""

Progress = Callable[[str, int, int | None], None]
"""`(stage, done, of)`: `prepare` in per cent, `download` in bytes, `take in` in places."""

# After these the export that was asked for can never be had again: ask anew, with another key.
_LOST = frozenset({"gone", "not-found", "idempotency-conflict", "agreement-revision-stale"})
_PASSING = frozenset({401, 429, 503})
"""Refusals that can be gone by the next run: clocks, load, a store that is down."""


@dataclass(frozen=True)
class Pulled:
    """A delivery that is in the lake, and what came of its receipt."""

    accepted: Mapping[str, Any]
    """As `intake.Accepted.as_dict` has it; of a run before this one, as the register has it."""
    has_receipt_sent: bool
    """Whether the provider has the receipt. If not, it is sent with the next pull, or by `send_receipts`."""
    has_fallen_back: bool = False
    """Whether everything was asked for, because changes alone could not be applied."""
    is_resumed: bool = False
    """Whether a run before this one had begun it."""

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.accepted,
            "receipt_sent": self.has_receipt_sent,
            "fell_back": self.has_fallen_back,
            "resumed": self.is_resumed,
        }


@dataclass(frozen=True)
class _Way:
    """What accompanies a pull from step to step."""

    known: dict[str, Any]
    """For the log, should it be refused."""
    wait_s_max: float
    progress: Progress | None


class AnswerOtherThanAsked(ExchangeError):
    """A true delivery of something else."""

    code = "exchange.answer_other_than_asked"
    text_id = "Penyerahan itu bukan yang diminta; berbeda pada: {members}."
    text_en = "The delivery is not what was asked for; it differs in: {members}."
    remedy_id = "Ulangi; bila tetap berbeda, laporkan kepada pihak lain."
    remedy_en = "Try again; if it still differs, report it to the other party."


class Consumer:
    """What a node does at the other party's node. One for a process; its calls are in the node's log.

    `standing` gives the agreement at a moment, `gate` says whether data may pass, `book` writes calls into the log.
    `address` is where to connect to, where that is not the issuer that the agreement has.
    """

    def __init__(
        self,
        station: Station,
        standing: Standing,
        gate: Gate,
        book: CallBook,
        *,
        address: str | None = None,
        ca_file: Path | None = None,
        certificate: Path | None = None,
        certificate_key: Path | None = None,
        retrying: Retrying | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._station = station
        self._standing = standing
        self._gate = OutgoingGate(gate)
        self._book = book
        self._address = address
        self._ca_file = ca_file
        self._certificate = certificate
        self._certificate_key = certificate_key
        self._retrying = retrying
        self._sleep = sleep
        self._known: tuple[Agreement, Client, CallLedger] | None = None

    # --- pulling ---------------------------------------------------------------------------------

    @implements(
        "2a",
        "3(1)b",
        "3(2)b",
        control="What comes online is asked for under the agreement, checked like a pack, and answered with a receipt.",
    )
    def pull(
        self,
        *,
        dataset: str,
        purpose: str,
        area: str | None = None,
        fields: Collection[str] | None = None,
        format: Format = "parquet",
        since: str | None = None,
        wait_s_max: float = 3600.0,
        progress: Progress | None = None,
    ) -> Pulled:
        """Export, fetch, check, take in, hand over the receipt.

        `fields` none means all that the agreement allows. `since` is a cursor (`transactionTime`), or `last`; then
        only changes are asked for, and everything where those cannot be applied. Killed at any point, it goes on
        where it was when called again with the same.

        Raises `NotPermitted`, `GateClosed`, `AnswerLate`, the classes of `refusals` for whatever is wrong with what
        came, and those of `client.refusals`. Every outcome is in the log before it is told.
        """
        parse_area(area)
        self._book.recover()
        position = self._position()
        if fields is None:
            operation = Operation.BULK if since is None else Operation.DELTA
            fields = self._allowed(position, dataset, purpose, operation)
        stream = holdings.stream_of(
            provider=str(self._station.party.other), dataset=dataset, purpose=purpose, area=area, fields=fields
        )
        asked = Pull(
            stream=stream,
            dataset=dataset,
            purpose=purpose,
            area=area,
            fields=tuple(sorted(fields)),
            format=format,
            since=self._cursor(stream, since),
            is_from_last=since == LAST,
            rev=position.agreement.rev,
            key=pulls.new_key(),
        )
        with (
            self._book.journal.refusals(operation=str(asked.operation)) as known,
            pulls.only_one(self._station, stream, dataset=dataset) as folder,
        ):
            known["agreement"] = journal.cite(position.agreement)
            return self._pull(folder, asked, _Way(known, wait_s_max, progress))

    def _pull(self, folder: PullFolder, asked: Pull, way: _Way) -> Pulled:
        """On from where the last run was, or anew; and once more where what was begun can not be ended."""
        left = folder.read()
        if left is not None and left.receipt is not None:
            ended = self._end(folder, left, is_resumed=True)
            if not left.is_told:
                return ended
            left = None
        is_resumed = left is not None and left.is_same(asked)
        pull = left if left is not None and is_resumed else folder.begin(asked)
        while True:
            try:
                return self._go(folder, pull, way, is_resumed=is_resumed)
            except TenunError as problem:
                instead = self._instead(pull, asked, problem, is_resumed=is_resumed)
                if instead is None:
                    if not _can_go_on(problem):
                        folder.clear()
                    raise
                pull, is_resumed = folder.begin(instead), False

    @staticmethod
    def _instead(pull: Pull, asked: Pull, problem: TenunError, *, is_resumed: bool) -> Pull | None:
        """What to ask for in place of a pull that failed; None where it failed for good."""
        is_lost = isinstance(problem, Refused) and problem.type in _LOST
        if is_resumed and is_lost:
            return asked
        is_cursor = isinstance(problem, Refused) and problem.type == "cursor-unknown"
        if (is_cursor or isinstance(problem, BaseOther)) and pull.is_from_last and pull.since is not None:
            return replace(asked, since=None, key=pulls.new_key(), has_fallen_back=True)
        return None

    def _go(self, folder: PullFolder, pull: Pull, way: _Way, *, is_resumed: bool) -> Pulled:
        """From wherever the pull is to its end."""
        self._decide(self._position(), pull.dataset, pull.purpose, pull.operation, pull.fields, way.known)
        client = self.client()
        job = self._job(folder, pull, client)
        content = folder.manifest()
        if content is None:
            manifest = client.wait(job, wait_s_max=way.wait_s_max, progress=way.progress)
            crash.here("pull.before_manifest_kept")
            folder.keep_manifest(canonical_json.dumps(manifest.value))
        else:
            manifest = read_manifest(content, client.peer)
        files = folder.files(pull)
        crash.here("pull.before_download")
        client.download(job, manifest, files, progress=way.progress)
        crash.here("pull.after_download")
        accepted = self._take_in(pull, manifest, files, way)
        crash.here("pull.after_taking_in")
        pull = folder.note(pull, receipt=accepted["receipt"], pack=accepted["pack"])
        return self._end(folder, pull, accepted, is_resumed=is_resumed)

    def _job(self, folder: PullFolder, pull: Pull, client: Client) -> Job:
        """The export at the provider: the one that was begun, or one under the key that is on disk already."""
        if pull.job is not None:
            return Job.from_dict(pull.job)
        crash.here("pull.before_asking")
        job = client.begin_export(
            dataset=pull.dataset,
            purpose=pull.purpose,
            fields=pull.fields,
            area=pull.area,
            format=pull.format,  # type: ignore[arg-type]
            since=pull.since,
            idempotency_key=pull.key,
        )
        crash.here("pull.after_asking")
        folder.note(pull, job=job.as_dict())
        return job

    # --- taking in -------------------------------------------------------------------------------

    def _take_in(self, pull: Pull, manifest: Manifest, files: SealedFolder, way: _Way) -> Mapping[str, Any]:
        """Every check of a pack, on what lies here; then into the lake. Gives what `Accepted.as_dict` gives."""
        register = Register(self._station)
        encoded = manifest.signed
        sha256 = hashlib.sha256(encoded).hexdigest()
        with register.only_one():
            noted = next((one for one in register.received() if one.get("manifest_sha256") == sha256), None)
            if noted is not None and noted["state"] == ACCEPTED:
                return _accepted_before(noted)
            position = self._position()
            agreement = position.agreement
            passage = self._passage(agreement, pull.dataset)
            checked = intake.check_manifest(
                self._station,
                agreement,
                encoded,
                manifest.signature.encode("ascii", errors="replace"),
                operation=pull.operation,
                register=register,
                known=way.known,
                state=position.state,
            )
            _require_asked(checked.manifest, pull)
            deliver = _deliver(manifest, files)
            intake.read_places(self._station, checked, deliver, lambda place: passage.require())
            passage.require()
            crash.here("pull.before_acceptance_logged")
            logged = self._book.journal.write(
                journal.ACCEPTED,
                agreement=journal.cite(agreement),
                decision=way.known["decision"],
                pack=journal.pack_of(checked.manifest, manifest_sha256=checked.manifest_sha256),
                export=checked.manifest.online.job if checked.manifest.online else None,
            )
            crash.here("pull.before_taking_in")
            accepted = self._into_lake(agreement, checked, deliver, register, logged, way.progress)
            return accepted.as_dict()

    def _into_lake(
        self,
        agreement: Agreement,
        checked: Checked,
        deliver: intake.Deliver,
        register: Register,
        logged: journal.Logged,
        progress: Progress | None,
    ) -> Accepted:
        def told(done: int, of: int) -> None:
            crash.here("pull.between_places")
            if progress is not None:
                progress("take in", max(0, done - of // 2), of // 2)

        return intake.take_in(
            self._station,
            agreement,
            checked,
            deliver,
            recipe=RECIPE,
            book=self._book.journal,
            register=register,
            logged=logged,
            progress=told,
        )

    # --- receipts --------------------------------------------------------------------------------

    def _end(
        self, folder: PullFolder, pull: Pull, accepted: Mapping[str, Any] | None = None, *, is_resumed: bool
    ) -> Pulled:
        """Hand over the receipt, and forget the pull once the provider has it. The rows are in the lake either way."""
        if accepted is None:
            noted = next((one for one in Register(self._station).received() if one["pack"] == pull.pack), None)
            accepted = _accepted_before(noted or {"pack": pull.pack, "receipt": pull.receipt})
        has_sent = self._send_receipt(pull)
        crash.here("pull.after_receipt")
        if has_sent:
            folder.clear()
        else:
            folder.note(pull, is_told=True)
        return Pulled(accepted, has_sent, pull.has_fallen_back, is_resumed)

    def _send_receipt(self, pull: Pull) -> bool:
        """Whether the provider has it now. What it says to it is in the log; an unreachable provider has it later."""
        path = self._station.exchange / "receipts" / Path(str(pull.receipt)).name
        crash.here("pull.before_receipt")
        try:
            self.client().post_receipt(path.read_bytes())
        except (PeerUnreachable, Refused):
            return False
        return True

    def send_receipts(self) -> int:
        """Hand over the receipts that could not be handed over before. Gives how many still wait."""
        waiting = 0
        for pull in pulls.under_way(self._station):
            if pull.receipt is None:
                continue
            with pulls.only_one(self._station, pull.stream, dataset=pull.dataset) as folder:
                now = folder.read()
                if now is not None and now.receipt is not None:
                    waiting += not self._end(folder, now, is_resumed=True).has_receipt_sent
        return waiting

    # --- one person ------------------------------------------------------------------------------

    def ask(
        self,
        *,
        dataset: str,
        purpose: str,
        person: Mapping[str, str],
        ticket: str,
        mode: Literal["exists", "value"] = "exists",
        fields: Collection[str] | None = None,
    ) -> Mapping[str, Any]:
        """The provider's answer about one person. Nothing of it is kept here, and nobody is named in the log."""
        position = self._position()
        if fields is None:
            fields = self._allowed(position, dataset, purpose, Operation.SUBJECT)
        with self._book.journal.refusals(operation=str(Operation.SUBJECT)) as known:
            known["agreement"] = journal.cite(position.agreement)
            self._decide(position, dataset, purpose, Operation.SUBJECT, fields, known)
            return self.client().subject(
                dataset=dataset, purpose=purpose, fields=fields, person=person, ticket=ticket, mode=mode
            )

    def token(
        self,
        *,
        dataset: str,
        purpose: str,
        operation: Operation,
        fields: Collection[str] | None = None,
        area: str | None = None,
    ) -> Token:
        """A token of the provider, for trying a connection."""
        position = self._position()
        parse_area(area)
        if fields is None:
            fields = self._allowed(position, dataset, purpose, operation)
        with self._book.journal.refusals(operation=str(operation)) as known:
            self._decide(position, dataset, purpose, operation, fields, known)
            client = self.client()
            grant = client.grant(dataset=dataset, operation=str(operation), purpose=purpose, fields=fields, area=area)
            return client.token(grant)

    # --- evidence, which a shut-off does not stop -----------------------------------------------------

    def send_event(self, event: bytes) -> int:
        """Tell the peer of an event: the status of its verified answer, refusals included. Raises where there is none.

        What `outbox.Outbox.deliver_due` takes as `send`.
        """
        try:
            return self.client().post_event(event)
        except Refused as problem:
            return problem.status

    def client(self) -> Client:
        """The client for the agreement in force now: its keys, its revision, its issuer."""
        agreement = self._position().agreement
        if self._known is None or self._known[0] is not agreement:
            if self._known is not None:
                self._known[1].close()
            self._known = (agreement, *self._connect(agreement))
        return self._known[1]

    def close(self) -> None:
        if self._known is not None:
            self._known[1].close()
            self._known = None

    # --- below the surface -----------------------------------------------------------------------

    def _connect(self, agreement: Agreement) -> tuple[Client, CallLedger]:
        station = self._station
        other = station.party.other
        peer = Peer(
            agreement.parties[other].node.issuer,
            pinned_keys(agreement, other, KeyUse.MESSAGE),
            self._address,
            self._ca_file,
        )
        credentials = Credentials(
            client_id=str(station.party),
            message_key=station.message_key(agreement),
            client_key=station.client_key(agreement),
            agreement=agreement.id,
            rev=agreement.rev,
            certificate=self._certificate,
            certificate_key=self._certificate_key,
        )
        ledger = CallLedger(self._book, self._gate, now=lambda: self._position().agreement)
        transport = Transport(
            peer, credentials, clock=station.clock, ledger=ledger, retrying=self._retrying, sleep=self._sleep
        )
        return Client(transport, retrying=self._retrying), ledger

    def _position(self) -> Position:
        return self._standing.at(self._station.clock.now())

    def _passage(self, agreement: Agreement, dataset: str) -> Passage:
        return Passage.enter(self._gate, agreement=agreement.id, dataset=dataset)

    def _cursor(self, stream: str, since: str | None) -> str | None:
        if since != LAST:
            return since
        held = holdings.last(self._station, stream)
        return held.transaction_time if held else None

    def _allowed(self, position: Position, dataset: str, purpose: str, operation: Operation) -> frozenset[str]:
        return allowed_fields(
            position.agreement, dataset=dataset, purpose=purpose, operation=operation, by=str(self._station.party)
        )

    def _decide(
        self,
        position: Position,
        dataset: str,
        purpose: str,
        operation: Operation,
        fields: Collection[str],
        known: dict[str, Any],
    ) -> Permit:
        """Before anything is asked: what our own agreement does not give is not asked for."""
        agreement = position.agreement
        agreed = agreement.datasets.get(dataset)
        if agreed is not None:
            known["dataset"] = dataset
            if agreed.consumer is not self._station.party:
                raise WrongNode(dataset=dataset, provider=str(agreed.provider), party=str(self._station.party))
        use = Use(
            dataset=dataset,
            purpose=purpose,
            operation=operation,
            fields=frozenset(fields),
            by=str(self._station.party),
            moment=self._station.clock.now(),
        )
        decision = decide(agreement, use, state=position.state)
        known["decision"] = journal.decision_of(decision, agreement)
        if isinstance(decision, Denial):
            raise NotPermitted(decision)
        self._passage(agreement, dataset)
        self.client()
        assert self._known is not None
        self._known[2].permit = decision
        return decision


def _deliver(manifest: Manifest, files: SealedFolder) -> intake.Deliver:
    def deliver(take: Callable[[bytes], None]) -> None:
        for file in manifest.files:
            take(_content(files, file))

    return deliver


def _content(files: SealedFolder, file: RemoteFile) -> bytes:
    try:
        return files.read(file)
    except FileNotFoundError:
        raise FileAltered(file=file.name, reason="it is not there") from None


def _require_asked(stated: Stated, pull: Pull) -> None:
    """A true delivery of something else than what was asked for is not taken for it."""
    asked = {
        "dataset": pull.dataset,
        "purpose": pull.purpose,
        "area": pull.area,
        "fields_": sorted(pull.fields),
        "format": pull.format,
    }
    found = {name: getattr(stated, name) for name in asked} | {"fields_": sorted(stated.fields_)}
    other = [name.rstrip("_") for name in asked if found[name] != asked[name]]
    if other or (stated.online.since if stated.online else None) != pull.since:
        raise AnswerOtherThanAsked(members=", ".join(other) or "since")


def _can_go_on(problem: TenunError) -> bool:
    """Whether a later run may go on with what has come. What was refused for what it is, is fetched anew or never."""
    if isinstance(problem, (GateClosed, AnswerLate)):
        return False
    if isinstance(problem, Refused):
        return problem.status in _PASSING
    return problem.retryable or isinstance(problem, ClientError) or not isinstance(problem, ExchangeError)


def _accepted_before(noted: Mapping[str, Any]) -> dict[str, Any]:
    """What a run before this one took in, as the register has it."""
    return {name: value for name, value in noted.items() if name not in ("scopes", "state", "stream")}
