"""One linkage run, from two sides of the lake to a published crosswalk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from tenun.agreement.decision import Permit
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.lake.snapshot import Origin, Snapshot
from tenun.lake.store import Lake
from tenun.linkage import crosswalk, inputs
from tenun.linkage import model as models
from tenun.linkage.assignment import ACCEPTED, MatchClass
from tenun.linkage.inputs import RESIDENTS, SEEKERS_SIDE
from tenun.linkage.model import Model
from tenun.linkage.pipeline import Pipeline
from tenun.linkage.settings import LinkSettings
from tenun.linkage.stages import Progress, Stages
from tenun.linkage.standard.table import Standard

STAGES = ("read", "standardise", "nik", "rules", "decide", "publish")


@dataclass(frozen=True)
class LinkReport:
    """What a run did. Counts only."""

    linked: Mapping[str, int]
    """Match class -> accounts; every class is there."""
    persons: int
    seekers: int
    seconds: Mapping[str, float]
    model: str
    rule_version: str
    snapshot: str
    is_new: bool
    """False when the same inputs and settings had already given this crosswalk."""
    is_invented: bool
    pairs: Mapping[str, int] = field(default_factory=dict)
    crowded: Mapping[str, int] = field(default_factory=dict)
    """By rule, accounts whose key too many others share: the rule did not look for them."""
    second_accounts: int = 0
    """Accounts of a person who has another one that is linked."""
    left_out: Sequence[str] = ()
    """Villages whose data may not be used, and was therefore not read."""
    left_out_reasons: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For each of them, the codes of the reasons."""

    @property
    def accepted(self) -> int:
        return sum(self.linked[match_class] for match_class in ACCEPTED)

    def as_dict(self) -> dict[str, Any]:
        return {
            "linked": dict(self.linked),
            "persons": self.persons,
            "seekers": self.seekers,
            "accepted": self.accepted,
            "seekers_linked_share": _share(self.accepted, self.seekers),
            "persons_linked_share": _share(self.accepted, self.persons),
            "seconds": dict(self.seconds),
            "model": self.model,
            "rule_version": self.rule_version,
            "snapshot": self.snapshot,
            "is_new": self.is_new,
            "invented": self.is_invented,
            "pairs": dict(self.pairs),
            "crowded": dict(self.crowded),
            "second_accounts": self.second_accounts,
            "left_out": list(self.left_out),
            "left_out_reasons": {village: list(codes) for village, codes in self.left_out_reasons.items()},
        }


@implements(
    "1(2)",
    "2b",
    control="Residents and job-seeker accounts become one person where the evidence is enough, with reasons.",
)
def link(
    lake: Lake,
    *,
    residents_permit: Permit,
    seekers_permit: Permit,
    settings: LinkSettings,
    judgements: pa.Table | None = None,
    progress: Progress | None = None,
) -> LinkReport:
    """Link the current residents with the current seekers and publish the crosswalk.

    The same snapshots, settings, model and fields give the same crosswalk, byte for byte, on any number of
    threads; a crosswalk that is there already is not made again. Villages whose data the permit does not cover (by
    age, by what it was handed over for, or by order) are left out. `judgements` (seeker_id, person_id, verdict) are
    what people settled, and stand whatever the scores say. Raises `PermitForOtherUse`,
    `FieldsNotAuthorised`, `SnapshotMissing`, `NoneCovered`, `SnapshotAltered`, `ModelUnfit`, `MemoryTooSmall`.
    """
    if judgements is not None and not judgements.num_rows:
        judgements = None  # nothing was judged: the same crosswalk as before there were reviewers
    stages = Stages(STAGES, progress)
    with stages.stage("read"):
        sides = _Sides.of(lake, residents_permit, seekers_permit)
        model = models.load(settings.model)
        origin = sides.origin(settings, model, judgements)
        there = crosswalk.renew(lake, origin=origin, as_of=sides.as_of)
    if there is not None:
        return _report(there, sides, seconds=stages.total(), is_new=False)
    connection = inputs.open_engine(settings)
    try:
        with inputs.within_memory(settings):
            with stages.stage("read"):
                inputs.load(connection, lake, RESIDENTS, sides.residents, sides.residents_permit, "read_residents")
                inputs.load(connection, lake, SEEKERS_SIDE, sides.seekers, sides.seekers_permit, "read_seekers")
            with stages.stage("standardise"):
                inputs.standardise(connection, Standard.of(sides.as_of, regions=settings.regions))
            if judgements is not None:
                connection.register("judgements", judgements)
            pipeline = Pipeline(connection, settings, model, judgements=None if judgements is None else "judgements")
            pipeline.run("residents", "accounts", stages)
            with stages.stage("decide"):
                rows = crosswalk.build(connection, decided="decided", residents="residents")
    finally:
        connection.close()
    with stages.stage("publish"):
        details = {
            **sides.details(),
            "linked": crosswalk.count(rows),
            "second_accounts": crosswalk.count_second_accounts(rows),
            "persons": pipeline.outcome.persons,
            "seekers": pipeline.outcome.seekers,
            "pairs": pipeline.outcome.pairs,
            "crowded": pipeline.outcome.crowded,
            "expected_share": round(pipeline.outcome.share, 4),
            "model_signature": model.signature.as_dict() if model.signature else None,
        }
        snapshot = crosswalk.publish(lake, rows, as_of=sides.as_of, origin=origin, details=details)
    return _report(snapshot, sides, seconds=stages.total(), is_new=True)


@dataclass(frozen=True)
class _Sides:
    """What is linked: both sides' current snapshots, each with the decision that opens it."""

    residents: Sequence[Snapshot]
    residents_permit: Permit
    seekers: Sequence[Snapshot]
    seekers_permit: Permit
    left_out: Mapping[str, Sequence[str]]
    """Villages whose data may not be used, with the codes of the reasons."""

    @classmethod
    def of(cls, lake: Lake, residents_permit: Permit, seekers_permit: Permit) -> _Sides:
        return cls(
            residents=inputs.snapshots(lake, RESIDENTS, residents_permit),
            residents_permit=residents_permit,
            seekers=inputs.snapshots(lake, SEEKERS_SIDE, seekers_permit),
            seekers_permit=seekers_permit,
            left_out=inputs.left_out(lake, RESIDENTS, residents_permit),
        )

    @property
    def snapshots(self) -> list[Snapshot]:
        return [*self.residents, *self.seekers]

    @property
    def as_of(self) -> date:
        return inputs.newest(self.snapshots)

    def origin(self, settings: LinkSettings, model: Model, judgements: pa.Table | None) -> Origin:
        return Origin(
            recipe=crosswalk.RECIPE,
            inputs=tuple(sorted(snapshot.reference for snapshot in self.snapshots)),
            settings={
                **settings.as_origin(),
                "rule_version": crosswalk.RULE_VERSION,
                "model": model.id,
                **({} if judgements is None else {"judgements": canonical_json.digest(judgements.to_pylist())}),
                "fields_residents": sorted(self.residents_permit.fields & RESIDENTS.fields()),
                "fields_seekers": sorted(self.seekers_permit.fields & SEEKERS_SIDE.fields()),
            },
        )

    def details(self) -> dict[str, Any]:
        return {"invented": inputs.is_invented(self.snapshots), "agreement_rev": self.residents_permit.agreement_rev}


def _report(snapshot: Snapshot, sides: _Sides, *, seconds: Mapping[str, float], is_new: bool) -> LinkReport:
    return LinkReport(
        linked={str(name): snapshot.details["linked"][name] for name in MatchClass},
        persons=snapshot.details["persons"],
        seekers=snapshot.details["seekers"],
        seconds=seconds,
        model=snapshot.origin.settings["model"],
        rule_version=snapshot.origin.settings["rule_version"],
        snapshot=snapshot.reference,
        is_new=is_new,
        is_invented=bool(snapshot.details["invented"]),
        pairs=snapshot.details["pairs"],
        crowded=snapshot.details["crowded"],
        second_accounts=snapshot.details["second_accounts"],
        left_out=tuple(sides.left_out),
        left_out_reasons=sides.left_out,
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
