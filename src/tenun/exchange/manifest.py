"""What a pack says about itself: canonical JSON, signed by the provider's message key.

The online exchange sends the same manifest with the same parts; only the envelope differs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Permit
from tenun.agreement.vocabulary import Party
from tenun.exchange.refusals import ManifestMalformed, VersionUnknown
from tenun.kernel import canonical_json
from tenun.kernel.clock import rfc3339
from tenun.kernel.errors import TenunError

VERSION = "tenun-pack/1"
NAME = "manifest.json"
SIGNATURE_NAME = "manifest.jws"
BYTES_MAX = 64 * 1024 * 1024
"""About 300,000 places in one pack."""

_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
_PACK_ID = re.compile(r"[0-9a-f]{32}")


class Format(StrEnum):
    """How the rows of a part are written. The same rows in each."""

    PARQUET = "parquet"
    ARROW = "arrow"
    """Arrow IPC stream, buffers under zstd."""
    NDJSON = "ndjson"
    """One JSON object a line, under gzip."""

    @property
    def suffix(self) -> str:
        return {Format.PARQUET: "parquet", Format.ARROW: "arrows", Format.NDJSON: "ndjson.gz"}[self]


class _Shape(BaseModel):
    """Strict: a member too many, one too few, or of another type refuses the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Cited(_Shape):
    id: str
    number: str
    rev: str


class PartEntry(_Shape):
    path: str
    size: int = Field(ge=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    rows: int = Field(ge=0)
    scopes: list[str]
    """The places whose rows it holds, in the order in which they lie in it; each place in one part."""


class SourceEntry(_Shape):
    scope: str
    snapshot: str
    """The provider's snapshot, `layer/dataset/scope/id`."""
    as_of: str
    rows: int = Field(ge=0)
    invented: bool


class DutyEntry(_Shape):
    uid: str
    clause: str
    text_id: str
    text_en: str
    survives_term: bool


class Label(_Shape):
    """What goes with the data for as long as they are kept."""

    agreement: Cited
    dataset: str
    provider: str
    purpose: str
    data_life: str | None
    duties: list[DutyEntry]


class PlaceEntry(_Shape):
    """How one place changes at the consumer, and what it must hold of it afterwards."""

    scope: str
    change: Literal["whole", "rows", "gone"]
    """`whole`: the part has all of its rows. `rows`: the part has those that are new or other, `deleted` those that
    went; the rest stays. `gone`: nothing of it may be handed over any more."""
    base_sha256: str | None
    """For `rows`: digest of what the consumer must hold of the place before (`serving.content.sha256`)."""
    rows: int = Field(ge=0)
    """Afterwards. In a delta more than the part has."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Digest of all rows of the place afterwards, in the order of their key (`serving.content.sha256`)."""


class ResultEntry(_Shape):
    """The whole set as the consumer holds it afterwards, unchanged places included."""

    places: int = Field(ge=0)
    rows: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Digest of a line for each place (`result_of`)."""


class OnlineEntry(_Shape):
    """What an export over the API has beside a pack: its format, its cursor, and how to get from one to the next."""

    job: str = Field(pattern=r"^[0-9a-f]{32}$")
    format: Format
    transaction_time: str
    """The provider's clock when the state was fixed; everything published until then is in it (inclusive)."""
    since: str | None
    """The `transaction_time` of the manifest that this one goes on from; null = from nothing."""
    key: str | None
    """The column that tells rows apart; null = rows stand for themselves, and places change as a whole."""
    deleted: list[PartEntry]
    """Parts with two columns, `scope` and `key`: rows to take away."""
    places: list[PlaceEntry]
    """Every place that changes, in order. From nothing, every place there is."""
    result: ResultEntry

    @field_validator("format", mode="before")
    @classmethod
    def _is_a_word(cls, value: object) -> object:
        return Format(value) if isinstance(value, str) and value in set(Format) else value


class Manifest(_Shape):
    type: str
    pack: str
    sequence: int = Field(ge=1)
    created: str
    agreement: Cited
    provider: str
    consumer: str
    dataset: str
    contract_sha256: str
    purpose: str
    area: str | None
    row_scope: str
    fields_: list[str] = Field(alias="fields", min_length=1)
    rows: int = Field(ge=0)
    parts: list[PartEntry]
    sources: list[SourceEntry]
    invented: bool
    decision: str
    label: Label
    online: OnlineEntry | None = None
    """Not there in a pack."""

    @property
    def format(self) -> Format:
        """How the parts are written; those of a pack are Parquet."""
        return self.online.format if self.online else Format.PARQUET

    @property
    def is_delta(self) -> bool:
        """Whether it is to be added to what an earlier one brought."""
        return self.online is not None and self.online.since is not None

    @property
    def created_at(self) -> datetime:
        return datetime.strptime(self.created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)

    def encode(self) -> bytes:
        """The bytes that are signed."""
        return canonical_json.dumps(self.model_dump(by_alias=True, exclude=None if self.online else {"online"}))


@dataclass(frozen=True)
class Contents:
    """What a manifest is made of, beside the agreement and the decision."""

    sequence: int
    area: str | None
    fields: Sequence[str]
    parts: Sequence[PartEntry]
    sources: Sequence[SourceEntry]
    online: OnlineEntry | None = None


def compose(agreement: Agreement, permit: Permit, contents: Contents) -> Manifest:
    """The manifest of a pack. Its id is the digest of everything else in it."""
    dataset = agreement.datasets[permit.dataset]
    body: dict[str, Any] = {
        "type": VERSION,
        "sequence": contents.sequence,
        "created": rfc3339(permit.decided_at),
        "agreement": _cited(agreement),
        "provider": str(dataset.provider),
        "consumer": str(dataset.consumer),
        "dataset": dataset.id,
        "contract_sha256": dataset.contract_sha256,
        "purpose": str(permit.purpose),
        "area": contents.area,
        "row_scope": permit.row_scope.id,
        "fields": list(contents.fields),
        "rows": sum(part.rows for part in contents.parts),
        "parts": [part.model_dump() for part in contents.parts],
        "sources": [source.model_dump() for source in contents.sources],
        "invented": any(source.invented for source in contents.sources),
        "decision": permit.decision_id,
        "label": label(agreement, permit).model_dump(),
        **({"online": contents.online.model_dump()} if contents.online else {}),
    }
    return Manifest.model_validate({**body, "pack": canonical_json.digest(body)[:32]})


def label(agreement: Agreement, permit: Permit) -> Label:
    """What the agreement attaches to data handed over under this permit. Equal at both ends."""
    duties = [agreement.duties[uid] for uid in permit.duties]
    return Label(
        agreement=Cited.model_validate(_cited(agreement)),
        dataset=permit.dataset,
        provider=str(agreement.datasets[permit.dataset].provider),
        purpose=str(permit.purpose),
        data_life=permit.data_life,
        duties=[
            DutyEntry(
                uid=duty.uid,
                clause=duty.clause,
                text_id=duty.text.id,
                text_en=duty.text.en,
                survives_term=duty.survives_term,
            )
            for duty in duties
        ],
    )


def parse(data: bytes) -> Manifest:
    """A manifest whose signature was verified. Raises `VersionUnknown` or `ManifestMalformed`."""
    try:
        value = canonical_json.loads(data, document=NAME)
        is_canonical = canonical_json.dumps(value) == data
    except TenunError as problem:
        raise ManifestMalformed(member="/", reason="not canonical JSON") from problem
    if not is_canonical or not isinstance(value, Mapping):
        raise ManifestMalformed(member="/", reason="not canonical JSON")
    if value.get("type") != VERSION:
        raise VersionUnknown(known=VERSION)
    try:
        manifest = Manifest.model_validate(value)
    except ValidationError as problem:
        fault = problem.errors(include_input=False, include_url=False)[0]
        member = "/" + "/".join(str(step) for step in fault["loc"])
        raise ManifestMalformed(member=member, reason=fault["type"]) from None
    _check_coherence(manifest, value)
    return manifest


def _check_coherence(manifest: Manifest, value: Mapping[str, Any]) -> None:
    body = {name: member for name, member in value.items() if name != "pack"}
    rows_by_scope = {source.scope: source.rows for source in manifest.sources}
    scopes = [scope for part in manifest.parts for scope in part.scopes]
    checks = {
        "/pack": manifest.pack == canonical_json.digest(body)[:32] and _PACK_ID.fullmatch(manifest.pack),
        "/created": _is_date(manifest.created, "%Y-%m-%dT%H:%M:%SZ"),
        "/sources": len(rows_by_scope) == len(manifest.sources) and scopes == [s.scope for s in manifest.sources],
        "/sources/as_of": all(_is_date(source.as_of, "%Y-%m-%d") for source in manifest.sources),
        "/parts/path": _are_numbered(manifest.parts, "parts", manifest.format),
        "/parts/none": manifest.is_delta or bool(manifest.parts and manifest.sources),
        "/parts/rows": all(
            part.rows == sum(rows_by_scope.get(scope, -1) for scope in part.scopes) for part in manifest.parts
        ),
        "/rows": manifest.rows == sum(part.rows for part in manifest.parts),
        "/invented": manifest.invented == any(source.invented for source in manifest.sources),
        "/fields": len(set(manifest.fields_)) == len(manifest.fields_),
        "/provider": {manifest.provider, manifest.consumer} == set(Party),
        "/online": manifest.online is not None or "online" not in value,
        **(_online_checks(manifest, manifest.online) if manifest.online else {}),
    }
    for member, is_coherent in checks.items():
        if not is_coherent:
            raise ManifestMalformed(member=member, reason="it contradicts the rest of the manifest")


def _online_checks(manifest: Manifest, online: OnlineEntry) -> dict[str, bool]:
    """What must hold within an online manifest, by member."""
    scopes = [place.scope for place in online.places]
    given = {source.scope: source.rows for source in manifest.sources}
    by_change: dict[str, list[PlaceEntry]] = {"whole": [], "rows": [], "gone": []}
    for place in online.places:
        by_change[place.change].append(place)
    is_from_nothing = online.since is None
    return {
        "/online/transaction_time": _is_instant(online.transaction_time)
        and online.transaction_time[:19] >= manifest.created[:19],
        "/online/since": is_from_nothing
        or (_is_instant(str(online.since)) and str(online.since) < online.transaction_time),
        "/online/deleted/path": _are_numbered(online.deleted, "deleted", online.format),
        "/online/deleted/scopes": {scope for part in online.deleted for scope in part.scopes}
        <= {place.scope for place in by_change["rows"]},
        "/online/key": online.key is not None or not (by_change["rows"] or online.deleted),
        "/online/places": scopes == sorted(set(scopes))
        and [scope for scope in scopes if scope in given] == list(given)
        and len(given) == len(by_change["whole"]) + len(by_change["rows"]),
        "/online/places/whole": all(
            place.base_sha256 is None and place.rows == given.get(place.scope) for place in by_change["whole"]
        ),
        "/online/places/rows": all(
            place.base_sha256 is not None and place.rows >= given.get(place.scope, place.rows + 1)
            for place in by_change["rows"]
        ),
        "/online/places/gone": all(place.rows == 0 for place in by_change["gone"]),
        "/online/result": not is_from_nothing
        or (
            len(by_change["whole"]) == len(online.places)
            and online.result == result_of((place.scope, place.rows, place.sha256) for place in online.places)
        ),
    }


def result_of(places: Iterable[tuple[str, int, str]]) -> ResultEntry:
    """What a whole set comes to: its places (scope, rows, digest of the rows), in the order of their scopes.

    The digest is SHA-256 over one line a place: scope, rows and digest, with a blank between and a line feed behind.
    """
    digest, count, total = hashlib.sha256(), 0, 0
    for scope, rows, sha256 in sorted(places):
        digest.update(f"{scope} {rows} {sha256}\n".encode())
        count, total = count + 1, total + rows
    return ResultEntry(places=count, rows=total, sha256=digest.hexdigest())


def part_path(number: int, output_format: Format = Format.PARQUET, *, kind: str = "parts") -> str:
    """The only name that the part of that number may have, from 1."""
    return f"{kind}/{number:05}.{output_format.suffix}"


def file_name(path: str) -> str:
    """A part's name in an address: `parts/00001.parquet` is fetched as `files/parts-00001.parquet`."""
    return path.replace("/", "-")


def _are_numbered(parts: Sequence[PartEntry], kind: str, output_format: Format) -> bool:
    return all(part.path == part_path(at, output_format, kind=kind) for at, part in enumerate(parts, start=1))


def source_date(source: SourceEntry) -> date:
    return date.fromisoformat(source.as_of)


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond: the spelling of a cursor."""
    return moment.astimezone(UTC).strftime(_INSTANT)


def parse_instant(text: str) -> datetime | None:
    """The moment of a cursor; None for any other spelling than `instant` gives."""
    return datetime.strptime(text, _INSTANT).replace(tzinfo=UTC) if _is_instant(text) else None


def _is_instant(text: str) -> bool:
    return _is_date(text, _INSTANT)


def _is_date(text: str, form: str) -> bool:
    """Whether the text is written in exactly this form."""
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC).strftime(form) == text
    except ValueError:
        return False


def _cited(agreement: Agreement) -> dict[str, str]:
    return {"id": agreement.id, "number": agreement.number, "rev": agreement.rev}
