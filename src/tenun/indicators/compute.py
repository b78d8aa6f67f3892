"""From the lake's current snapshots to a snapshot of figures: exact cube in memory, disclosure control, out layer.

The exact numbers never leave this module's memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa

from tenun.agreement.agreed import Agreement
from tenun.agreement.decision import Permit
from tenun.disclosure.differencing import within
from tenun.disclosure.profile import MINISTRIES, RULE_VERSION, Judgement, Profile
from tenun.disclosure.state import ValueState
from tenun.indicators import cube as cubes
from tenun.indicators import definition as definitions
from tenun.indicators import inputs as sources
from tenun.indicators.areas import NATIONAL, Area, Level, upwards
from tenun.indicators.cube import Cube, Standing, summed
from tenun.indicators.definition import Definition
from tenun.indicators.inputs import Inputs
from tenun.indicators.judgement import Judgements, Numbers
from tenun.indicators.measure import Measurement
from tenun.indicators.protection import Rules, judge
from tenun.indicators.rows import figures_table, rates
from tenun.indicators.tables import AREAS, COVERAGE, DATASET, DEFINITIONS, SCOPE
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Origin, Snapshot
from tenun.lake.store import Lake

# Part of every snapshot's origin: raise it when the code below gives other figures from the same input.
RECIPE = "indicators/5"


class AreaNotListed(TenunError):
    """A village that delivered, or an area around one, is not in the list: another edition, or another regency."""

    code = "indicators.area_not_listed"
    text_id = "Wilayah {area} diperlukan untuk menghitung angka tetapi tidak ada pada daftar wilayah."
    text_en = "The area {area} is needed for the figures and is not in the list of areas."
    remedy_id = "Sertakan kabupatennya, atau jembatani kode lama dengan `tenun reference load bridge`."
    remedy_en = "Include its regency, or bridge an old code with `tenun reference load bridge`."


@dataclass(frozen=True)
class Settings:
    """What the agreement or the node decides about figures. Thresholds are configuration, never constants in code."""

    profile: Profile = MINISTRIES
    unknown_share_max: Fraction = Fraction(2, 5)
    """No rate where more than this share of the people have an empty or unknown entry."""
    agreement_number: str = ""
    """How files and pages cite the agreement; the agreement's id when empty."""
    definitions: Mapping[str, Definition] = field(default_factory=definitions.load_all)

    @classmethod
    def under(cls, agreement: Agreement) -> Settings:
        """The thresholds that stand in the agreement."""
        terms = agreement.document.disclosure
        profile = replace(MINISTRIES, minimum_cell=terms.minimum_cell, minimum_denominator=terms.minimum_denominator)
        return cls(profile=profile, agreement_number=agreement.number)


@dataclass(frozen=True)
class Figures:
    """The tables of a snapshot, after disclosure control."""

    values: pa.Table
    coverage: pa.Table
    definitions: pa.Table
    areas: pa.Table
    states: Mapping[str, int]
    """How many figures are in each state."""


@implements("1(2)", "3(2)c", control="Figures per village from both registers, each with state, dates and source.")
def compute(
    lake: Lake, *, areas: Iterable[Area], reference_date: date, permit: Permit, settings: Settings | None = None
) -> Snapshot:
    """Figures of the areas, as they stand on a date, published as a snapshot of the out layer.

    `areas` names every village to be listed, delivered or not, and everything around them. The same lake,
    areas, date, agreement and settings give the same bytes. Raises `PermitUnfit`, `FieldsNotAuthorised`,
    `AreaNotListed`, `SnapshotAltered`, `NotProtectable`; nothing is published then.
    """
    settings = settings or Settings()
    inputs = sources.read(lake, permit=permit)
    listed = _listed(areas)
    figures = make(inputs, areas=listed.values(), reference_date=reference_date, settings=settings)
    left_out = sorted(inputs.left_out)
    origin = Origin(
        recipe=RECIPE,
        inputs=inputs.references,
        editions=dict(sorted(inputs.editions.items())),
        settings={
            "rule_version": RULE_VERSION,
            "profile": asdict(settings.profile),
            "unknown_share_max": str(settings.unknown_share_max),
            "definitions": {one.id: one.digest() for one in settings.definitions.values()},
            "areas": canonical_json.digest([[area.code, area.name] for area in listed.values()]),
            "agreement_rev": permit.agreement_rev,
            "left_out": left_out,
            # Part of what the snapshot is, since its details tell it; not there where nothing was left out.
            **({"left_out_reasons": {one: list(inputs.left_out[one]) for one in left_out}} if left_out else {}),
        },
    )
    return lake.publish(
        layer=Layer.OUT,
        dataset=DATASET,
        scope=SCOPE,
        as_of=reference_date,
        origin=origin,
        tables={
            "values": figures.values,
            "coverage": figures.coverage,
            "definitions": figures.definitions,
            "areas": figures.areas,
        },
        details={
            "invented": inputs.is_invented,
            "not_invented": sorted(inputs.not_invented),
            "left_out": left_out,
            "left_out_reasons": {village: list(codes) for village, codes in sorted(inputs.left_out.items())},
            "agreement": permit.agreement_id,
            "agreement_rev": permit.agreement_rev,
            "agreement_number": settings.agreement_number or permit.agreement_id,
            "rule_version": RULE_VERSION,
            "minimum_cell": settings.profile.minimum_cell,
            "villages": sum(area.level is Level.VILLAGE for area in listed.values()),
            "villages_delivered": len(inputs.deliveries),
            "states": dict(figures.states),
        },
    )


def make(inputs: Inputs, *, areas: Iterable[Area], reference_date: date, settings: Settings) -> Figures:
    """The same from tables in memory: what `compute` publishes, and what an indicator's example is tried on."""
    listed = _listed(areas)
    for village in inputs.deliveries:
        if village not in listed:
            raise AreaNotListed(area=village)
    measurement = Measurement(inputs, listed.values(), reference_date=reference_date)
    try:
        standing = Standing(inputs, measurement.places)
        built = {
            one.id: cubes.build(one, inputs, measurement, listed, reference_date=reference_date, standing=standing)
            for one in settings.definitions.values()
        }
        adults, families = (summed(measurement.places, one) for one in measurement.sizes())
    finally:
        measurement.close()
    rules = Rules(adults, families, _claims(built), settings.profile, settings.unknown_share_max)
    judged = judge(built, rules)
    values, tally = figures_table(built, judged)
    return Figures(
        values=values,
        states=tally,
        coverage=_coverage(inputs, built, judged, listed, settings.profile),
        definitions=pa.Table.from_pylist(
            [
                {
                    "indicator": one.id,
                    "version": one.version,
                    "definition": canonical_json.dumps(one.as_json()).decode(),
                }
                for one in settings.definitions.values()
            ],
            schema=DEFINITIONS.schema(),
        ),
        areas=pa.Table.from_pylist(
            [
                {"area_code": one.code, "level": str(one.level), "parent": one.parent, "name": one.name}
                for one in listed.values()
            ],
            schema=AREAS.schema(),
        ),
    )


def _listed(areas: Iterable[Area]) -> dict[str, Area]:
    """By code; the country is always there, and whatever lies around an area must be."""
    listed = {area.code: area for area in sorted(areas, key=lambda area: area.code)}
    listed.setdefault(NATIONAL, Area(NATIONAL, "Indonesia"))
    for code in list(listed):
        for around in upwards(code):
            if around not in listed:
                raise AreaNotListed(area=around)
    return dict(sorted(listed.items()))


def _claims(built: Mapping[str, Cube]) -> tuple[Numbers, Numbers] | None:
    """Of the accounts that claim each area, those that are linked, and all: what joined figures are withheld by."""
    match_rate = built.get("G1")
    if match_rate is None:
        return None
    return match_rate.measured.numerator[:, 0], match_rate.measured.denominator[:, 0]


def _coverage(
    inputs: Inputs,
    built: Mapping[str, Cube],
    judged: Mapping[str, Judgements],
    listed: Mapping[str, Area],
    profile: Profile,
) -> pa.Table:
    rows = []
    for place, (code, area) in enumerate(listed.items()):
        if area.level is not Level.VILLAGE:
            continue
        delivery = inputs.deliveries.get(code)
        linked = judged["G1"].at(place, 0) if "G1" in built else Judgement(ValueState.NS, "source_missing")
        counts = built["G1"].measured.counts(place, 0) if linked.state.has_value else None
        row: dict[str, Any] = {
            "village_code": code,
            "persons_state": str(ValueState.NS),
            "linked_state": str(linked.state),
            "linked": counts.numerator if counts else None,
            "seekers": counts.denominator if counts else None,
        }
        if delivery is not None:
            is_shown = _may_tell_rows(delivery.rows, place, built, judged, profile)
            row |= {
                "persons_state": str(ValueState.OK if is_shown else ValueState.SUP),
                "persons": delivery.rows if is_shown else None,
                "sid_snapshot": delivery.snapshot,
                "sid_as_of": delivery.as_of,
            }
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=COVERAGE.schema())


def _may_tell_rows(
    rows: int, place: int, built: Mapping[str, Cube], judged: Mapping[str, Judgements], profile: Profile
) -> bool:
    """Beside the adults, the records delivered tell how many are not counted among them: foreigners, mostly."""
    if "A1" not in built:
        return rows >= profile.minimum_population
    if not judged["A1"].at(place, 0).state.has_value:
        return False
    code, counted = built["A1"].places.codes[place], int(built["A1"].measured.numerator[place, 0])
    return not within({(code,): rows}, {(code,): counted}, minimum_cell=profile.minimum_cell)


def rate(part: int, whole: int, *, scale: int = 100) -> float:
    """In a hundred or a thousand, with one decimal, halves away from zero, the same on every machine."""
    return float(rates(np.array([part]), np.array([whole]), np.array([True]), scale)[0])
