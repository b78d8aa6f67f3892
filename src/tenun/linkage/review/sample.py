"""A stratified random sample of links, accepted ones too, whose judgements tell how good the linkage is.

Strata are match class x regency x sex x age band of the resident. Within a stratum every pair has the same chance,
and the lots are drawn by MD5 of a seed and the pair, so that the same request gives the same sample on any machine.
Drawn samples are kept: pseudonyms, strata and what the machine said; no identifier.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenun.agreement.decision import Permit
from tenun.engine.duckdb import connect
from tenun.kernel import canonical_json, durable
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Snapshot
from tenun.lake.store import Lake
from tenun.linkage import inputs
from tenun.linkage.assignment import MatchClass
from tenun.linkage.inputs import RESIDENTS
from tenun.linkage.review import candidates
from tenun.linkage.review.candidates import Candidate, lot
from tenun.linkage.review.judgements import Pair
from tenun.registry.reference.values import Sex

FOLDER = "samples"
CLASSES = (MatchClass.NIK, MatchClass.PROBABLE, MatchClass.REVIEW)
DIMENSIONS = ("match_class", "regency", "sex", "age_band")
# A variance within a stratum needs two.
STRATUM_MIN = 2
UNKNOWN = "unknown"
AGE_BANDS = ((15, 24), (25, 34), (35, 44), (45, 54), (55, 200))


class SampleTooSmall(TenunError):
    """Fewer pairs were asked for than the match classes need."""

    code = "linkage.sample_too_small"
    text_id = "Contoh {size} pasangan terlalu kecil: {strata} golongan padanan memerlukan paling sedikit {least}."
    text_en = "A sample of {size} pairs is too small: {strata} match classes need at least {least}."
    remedy_id = "Minta contoh yang lebih besar dengan --size; 400 adalah permulaan yang wajar."
    remedy_en = "Ask for a larger one with --size; 400 is a fair start."


class SampleMissing(TenunError):
    code = "linkage.sample_missing"
    text_id = "Belum ada contoh mutu {sample}."
    text_en = "There is no quality sample {sample}."
    remedy_id = "Tarik contoh dengan `tenun link review sample`."
    remedy_en = "Draw one with `tenun link review sample`."


class SampleUnreadable(TenunError):
    code = "linkage.sample_unreadable"
    text_id = "Contoh mutu {sample} tidak dapat dibaca: {reason}."
    text_en = "The quality sample {sample} cannot be read: {reason}."
    remedy_id = "Pulihkan folder judgements/ dari cadangan."
    remedy_en = "Restore the folder judgements/ from a backup."


@dataclass(frozen=True)
class Drawn:
    """A pair of the sample, with what it is counted under."""

    candidate: Candidate
    stratum: str
    domains: Mapping[str, str]
    """Dimension -> value, all of `DIMENSIONS`, whether strata were made by it or not."""


@dataclass(frozen=True)
class Sample:
    id: str
    moment: datetime
    crosswalk: str
    """Reference of the snapshot it was drawn from."""
    seed: int
    dimensions: tuple[str, ...]
    """What the strata were made by: as many of `DIMENSIONS`, from the left, as the size allowed."""
    strata: Mapping[str, int]
    """Stratum -> pairs in the crosswalk."""
    drawn: tuple[Drawn, ...]
    """In the order of the lots: whoever stops in the middle has judged a random part."""


def draw(lake: Lake, snapshot: Snapshot, *, residents_permit: Permit, size: int, seed: int, moment: datetime) -> Sample:
    """Draw `size` pairs of the crosswalk. Raises `SampleTooSmall`, and what `inputs.snapshots` raises."""
    found = candidates.of_crosswalk(lake, snapshot, CLASSES)
    domains = _domains(found, _attributes(lake, residents_permit, found))
    return of_candidates(found, domains, crosswalk=snapshot.reference, size=size, seed=seed, moment=moment)


def of_candidates(
    found: Sequence[Candidate],
    domains: Mapping[Pair, Mapping[str, str]],
    *,
    crosswalk: str,
    size: int,
    seed: int,
    moment: datetime,
) -> Sample:
    """The same from candidates and their domains. Raises `SampleTooSmall`."""
    dimensions = _dimensions(domains, size)
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for one in found:
        groups[_label(domains[one.pair], dimensions)].append(one)
    strata = {name: len(members) for name, members in sorted(groups.items())}
    places = allocate(strata, size)
    drawn = [
        Drawn(one, name, domains[one.pair])
        for name, members in groups.items()
        for one in sorted(members, key=lambda member: lot(member.pair, str(seed)))[: places[name]]
    ]
    request = {"crosswalk": crosswalk, "size": size, "seed": seed, "dimensions": list(dimensions)}
    return Sample(
        id=f"s-{canonical_json.digest(request)[:12]}",
        moment=moment,
        crosswalk=crosswalk,
        seed=seed,
        dimensions=dimensions,
        strata=strata,
        drawn=tuple(sorted(drawn, key=lambda one: lot(one.candidate.pair, f"order {seed}"))),
    )


def allocate(strata: Mapping[str, int], size: int) -> dict[str, int]:
    """Places by stratum: two each (one where there is only one pair), the rest in proportion to their pairs."""
    places = {name: min(STRATUM_MIN, members) for name, members in strata.items()}
    spare = min(size, sum(strata.values())) - sum(places.values())
    room = {name: members - places[name] for name, members in strata.items()}
    whole = sum(room.values())
    if spare <= 0 or not whole:
        return places
    shares = {name: spare * left / whole for name, left in room.items()}
    for name, share in shares.items():
        places[name] += int(share)
    by_remainder = sorted(shares, key=lambda name: (int(shares[name]) - shares[name], name))
    for name in by_remainder[: spare - sum(int(share) for share in shares.values())]:
        places[name] += 1
    return places


def _dimensions(domains: Mapping[Pair, Mapping[str, str]], size: int) -> tuple[str, ...]:
    """As many dimensions as leave two places to every stratum."""
    strata = 0
    for last in range(len(DIMENSIONS), 0, -1):
        dimensions = DIMENSIONS[:last]
        strata = len({_label(values, dimensions) for values in domains.values()})
        if strata * STRATUM_MIN <= size:
            return dimensions
    raise SampleTooSmall(size=size, strata=strata, least=strata * STRATUM_MIN)


def _label(domains: Mapping[str, str], dimensions: Sequence[str]) -> str:
    return "/".join(domains[name] for name in dimensions)


def _domains(
    found: Sequence[Candidate], attributes: Mapping[str, tuple[str | None, int | None]]
) -> dict[Pair, dict[str, str]]:
    domains = {}
    for one in found:
        sex, age = attributes.get(one.pair.person_id, (None, None))
        domains[one.pair] = {
            "match_class": str(one.match_class),
            "regency": one.regency_code or UNKNOWN,
            "sex": sex if sex in (Sex.MALE, Sex.FEMALE) else UNKNOWN,
            "age_band": age_band(age),
        }
    return domains


def age_band(age: int | None) -> str:
    for low, high in AGE_BANDS:
        if age is not None and low <= age <= high:
            return f"{low}+" if high == AGE_BANDS[-1][1] else f"{low}-{high}"
    return UNKNOWN


def _attributes(lake: Lake, permit: Permit, found: Sequence[Candidate]) -> dict[str, tuple[str | None, int | None]]:
    """Sex and age of the residents in question, where they were delivered and the decision covers them."""
    wanted = [name for name in ("sex", "age_years") if name in permit.fields]
    tables = []
    for snapshot in inputs.snapshots(lake, RESIDENTS, permit):
        delivered = {str(column["name"]) for column in snapshot.tables[RESIDENTS.table].columns}
        table = lake.read(snapshot, RESIDENTS.table, [RESIDENTS.id, *(name for name in wanted if name in delivered)])
        for name in ("sex", "age_years"):
            if name not in table.column_names:
                kind = RESIDENTS.registers[0].column(name).type
                table = table.append_column(name, pa.nulls(table.num_rows).cast(kind))
        tables.append(table.select([RESIDENTS.id, "sex", "age_years"]))
    connection = connect()
    try:
        connection.register("residents", pa.concat_tables(tables))
        connection.register("wanted", pa.table({"person_id": sorted({one.pair.person_id for one in found})}))
        rows = connection.execute(
            "SELECT person_id, min(sex), min(age_years) FROM residents SEMI JOIN wanted USING (person_id) GROUP BY ALL"
        ).fetchall()
    finally:
        connection.close()
    return {person: (sex, age) for person, sex, age in rows}


# --- keeping ---------------------------------------------------------------------------------------


def keep(folder: Path, sample: Sample) -> Sample:
    """Keep a sample, and give the one that is there where the same was drawn before."""
    path = folder / FOLDER / f"{sample.id}.json"
    if path.exists():
        return _read(path)
    durable.write_durably(path, canonical_json.dumps(_as_json(sample)))
    return sample


def all_kept(folder: Path) -> list[Sample]:
    """The samples of a node, oldest first. Raises `SampleUnreadable`."""
    found = [_read(path) for path in sorted((folder / FOLDER).glob("s-*.json"))]
    return sorted(found, key=lambda one: (one.moment, one.id))


def get(folder: Path, id: str | None = None) -> Sample:
    """That sample, or the newest. Raises `SampleMissing`, `SampleUnreadable`."""
    kept = [one for one in all_kept(folder) if id in (None, one.id)]
    if not kept:
        raise SampleMissing(sample=id or "")
    return kept[-1]


def _as_json(sample: Sample) -> dict[str, Any]:
    return {
        "id": sample.id,
        "moment": sample.moment.isoformat(),
        "crosswalk": sample.crosswalk,
        "seed": sample.seed,
        "dimensions": list(sample.dimensions),
        "strata": dict(sample.strata),
        "drawn": [
            {
                "seeker_id": one.candidate.pair.seeker_id,
                "person_id": one.candidate.pair.person_id,
                "village_code": one.candidate.village_code,
                "match_class": str(one.candidate.match_class),
                "weight": one.candidate.weight,
                "probability": one.candidate.probability,
                "reasons": list(one.candidate.reasons),
                "rule_version": one.candidate.rule_version,
                "stratum": one.stratum,
                "domains": dict(one.domains),
            }
            for one in sample.drawn
        ],
    }


def _read(path: Path) -> Sample:
    try:
        document = json.loads(path.read_bytes())
        return Sample(
            id=document["id"],
            moment=datetime.fromisoformat(document["moment"]),
            crosswalk=document["crosswalk"],
            seed=document["seed"],
            dimensions=tuple(document["dimensions"]),
            strata=document["strata"],
            drawn=tuple(
                Drawn(
                    Candidate(
                        pair=Pair(one["seeker_id"], one["person_id"]),
                        village_code=one["village_code"],
                        match_class=MatchClass(one["match_class"]),
                        weight=one["weight"],
                        probability=one["probability"],
                        reasons=tuple(one["reasons"]),
                        rule_version=one["rule_version"],
                    ),
                    one["stratum"],
                    one["domains"],
                )
                for one in document["drawn"]
            ),
        )
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise SampleUnreadable(sample=path.stem, reason=type(problem).__name__) from problem
