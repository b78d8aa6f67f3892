"""What a pack says about itself: canonical JSON, signed by the provider's message key.

The online exchange sends the same manifest with the same parts; only the envelope differs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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

_PACK_ID = re.compile(r"[0-9a-f]{32}")


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
    parts: list[PartEntry] = Field(min_length=1)
    sources: list[SourceEntry] = Field(min_length=1)
    invented: bool
    decision: str
    label: Label

    @property
    def created_at(self) -> datetime:
        return datetime.strptime(self.created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)

    def encode(self) -> bytes:
        """The bytes that are signed."""
        return canonical_json.dumps(self.model_dump(by_alias=True))


@dataclass(frozen=True)
class Contents:
    """What a manifest is made of, beside the agreement and the decision."""

    sequence: int
    area: str | None
    fields: Sequence[str]
    parts: Sequence[PartEntry]
    sources: Sequence[SourceEntry]


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
        "/parts/path": all(part.path == part_path(number) for number, part in enumerate(manifest.parts, start=1)),
        "/parts/rows": all(
            part.rows == sum(rows_by_scope.get(scope, -1) for scope in part.scopes) for part in manifest.parts
        ),
        "/rows": manifest.rows == sum(part.rows for part in manifest.parts),
        "/invented": manifest.invented == any(source.invented for source in manifest.sources),
        "/fields": len(set(manifest.fields_)) == len(manifest.fields_),
        "/provider": {manifest.provider, manifest.consumer} == set(Party),
    }
    for member, is_coherent in checks.items():
        if not is_coherent:
            raise ManifestMalformed(member=member, reason="it contradicts the rest of the manifest")


def part_path(number: int) -> str:
    """The only name that the part of that number may have, from 1."""
    return f"parts/{number:05}.parquet"


def source_date(source: SourceEntry) -> date:
    return date.fromisoformat(source.as_of)


def _is_date(text: str, form: str) -> bool:
    """Whether the text is written in exactly this form."""
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC).strftime(form) == text
    except ValueError:
        return False


def _cited(agreement: Agreement) -> dict[str, str]:
    return {"id": agreement.id, "number": agreement.number, "rev": agreement.rev}
