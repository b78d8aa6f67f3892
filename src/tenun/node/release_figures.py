"""The figures of this node as an audience outside sees them: for the preview, for files and for the feed.

Made at *naker* alone, whose system holds the results (Pasal 3(1)c). A second node would have another key, so another
noise of the same cell, and the two could be averaged.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from tenun.agreement.acts.bodies import ReleaseScope
from tenun.agreement.release import preview as previews
from tenun.agreement.release.gate import Release, lies_in
from tenun.agreement.release.preview import Cells, Earlier, Key, Preview
from tenun.agreement.release.request import PreviewForbids, Request
from tenun.agreement.release.states import Action
from tenun.agreement.vocabulary import Party
from tenun.disclosure import audit as audits
from tenun.disclosure.gates import OUTSIDE, OUTSIDE_RULE_VERSION, OutsideProfile
from tenun.disclosure.perturbation import KEY
from tenun.disclosure.state import ValueState
from tenun.indicators import export, outside, permits
from tenun.indicators import inputs as sources
from tenun.indicators.attacked import release_of
from tenun.indicators.inputs import Inputs
from tenun.indicators.results import Results, Value
from tenun.indicators.tables import DEFINITIONS
from tenun.kernel import canonical_json
from tenun.kernel.clause import implements
from tenun.kernel.clock import SystemClock
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Origin, Snapshot
from tenun.lake.store import Lake
from tenun.node import releases
from tenun.node.chain import standing_of
from tenun.node.home import NodeHome, Role
from tenun.node.releases import Publication

DATASET = "releases"
RECIPE = "releases/1"
"""Part of every snapshot's origin: raise it when the code gives other figures from the same input."""
VILLAGES_MAX_ON_A_PAGE = 400
"""A preview of more is made by a command: a page must answer in seconds."""


class MadeElsewhere(TenunError):
    """The figures that audiences see are made at one node only."""

    code = "release.made_elsewhere"
    text_id = "Angka untuk audiens luar dibuat di simpul naker, bukan di simpul {node}."
    text_en = "Figures for audiences outside are made at the node naker, not at the node {node}."
    remedy_id = (
        "Kirim berkas permohonan ke simpul naker: `tenun release take BERKAS --node naker`, lalu pratinjau di sana."
    )
    remedy_en = (
        "Send the file of the request to the node naker: `tenun release take FILE --node naker`; preview it there."
    )


def profile_of(audience: str) -> OutsideProfile:
    """The rules for an audience: the same for all that are neither ministry, until an agreement names others."""
    return OUTSIDE


@dataclass(frozen=True)
class AsTheAudienceSees:
    """`tenun.agreement.release.preview.Protection`. Every set of figures is a snapshot of its own in the lake, which
    only the ministries' officers see until the gate says that it is released."""

    lake: Lake
    results: Results
    inputs: Inputs
    key: bytes
    published: Mapping[str, Sequence[Snapshot]] = field(default_factory=dict)
    """What went out already: digest of audience and scope -> its snapshots."""

    @classmethod
    def of(cls, home: NodeHome) -> AsTheAudienceSees:
        """From the node's data, under the agreement in force. Raises `MadeElsewhere`, `FiguresNotPermitted`, and
        `SnapshotMissing` where nothing has been computed."""
        if home.role is not Role.NAKER:
            raise MadeElsewhere(node=home.role.value)
        now, lake = SystemClock().now(), home.lake
        position = standing_of(home).at(now)
        permit = permits.ask(position.agreement, by=Party.NAKER, moment=now, lake=lake, state=position.state)
        return cls(
            lake=lake,
            results=Results.open(lake),
            inputs=sources.read(lake, permit=permit),
            key=home.keys.secret(KEY),
            published=_published(home),
        )

    @property
    def rule_version(self) -> str:
        return OUTSIDE_RULE_VERSION

    @implements("7(2)", control="What is released is made from persons with keyed noise, for that audience and scope.")
    def snapshot(self, scope: ReleaseScope, *, audience: str) -> Snapshot:
        """The figures, in the lake. The same data, scope, audience and key give the same bytes."""
        results, profile = self.results, profile_of(audience)
        codes = [code for code in results.areas if any(lies_in(code, around) for around in scope.areas)]
        origin = Origin(
            recipe=RECIPE,
            inputs=results.snapshot.origin.inputs,
            editions=results.snapshot.origin.editions,
            settings={
                "figures": results.snapshot.id,
                "audience": audience,
                "indicators": list(scope.indicators),
                "areas": list(scope.areas),
                "rule_version": OUTSIDE_RULE_VERSION,
                "profile": canonical_json.digest(_plain(asdict(profile))),
                # Another key is another noise. This tells which one it was and nothing of it.
                "key": hmac.digest(self.key, b"which key", "sha256").hex()[:12],
            },
        )
        place = _place(audience, scope)
        there = self.lake.find(
            layer=Layer.OUT, dataset=DATASET, scope=place, origin=origin, as_of=results.reference_date
        )
        if there is not None:
            self.lake.verify(there)
            return there
        made = outside.make(
            self.inputs, results, indicators=scope.indicators, areas=codes, profile=profile, key=self.key
        )
        return self.lake.publish(
            layer=Layer.OUT,
            dataset=DATASET,
            scope=place,
            as_of=results.reference_date,
            origin=origin,
            tables={
                "values": made.values,
                "areas": made.areas,
                "coverage": made.coverage,
                "definitions": _definitions(results, scope.indicators),
            },
            details={
                "invented": results.is_invented,
                "not_invented": sorted(results.not_invented & set(codes)),
                "agreement": results.snapshot.details["agreement"],
                "agreement_rev": results.agreement_rev,
                "agreement_number": results.agreement_number,
                "rule_version": OUTSIDE_RULE_VERSION,
                "minimum_cell": results.minimum_cell,
            },
        )

    def cells(self, scope: ReleaseScope, *, audience: str) -> Cells:
        """Figures that stand for nothing (not delivered, not collected) are no cells: left out, like supplies."""
        rows = self.lake.read(self.snapshot(scope, audience=audience), "values").to_pylist()
        return {
            (row["indicator"], row["area_code"], row["breakdown"], row["category"]): _shown(row)
            for row in rows
            if row["state"] not in (ValueState.NS, ValueState.NC)
            and not self.results.definitions[row["indicator"]].is_of_things
        }

    def told(self, scope: ReleaseScope, *, audience: str, earlier: Earlier) -> Collection[Key]:
        """Small counts that the attacker of `disclosure.audit` works out. Raises `PublishedContradicts`."""
        mine = self.snapshot(scope, audience=audience)
        others = {one.folder: one for to, before in earlier for one in self._out(before, audience=to)}
        others.pop(mine.folder, None)
        report = audits.audit(release_of(self.lake, mine), [release_of(self.lake, one) for one in others.values()])
        return [(one.indicator, one.area_code, one.breakdown, one.category) for one in report.recovered]

    def _out(self, scope: ReleaseScope, *, audience: str) -> Sequence[Snapshot]:
        """What went out under a release; where nothing did as yet, what would go out."""
        gone = self.published.get(_place(audience, scope))
        return gone or [self.snapshot(scope, audience=audience)]


# --- what is done with them ----------------------------------------------------------------------


@dataclass(frozen=True)
class Previewed:
    request: Request
    found: Preview
    snapshot: Snapshot


def preview(home: NodeHome, request: Request) -> Previewed:
    """See a request as its audience, and keep what the preview says in it.

    Raises `StepNotAllowed` and what `AsTheAudienceSees` raises.
    """
    party = releases.party_of(home)
    request.require(Action.PREVIEW, party=party)
    scope, figures = releases.scope_of(request), AsTheAudienceSees.of(home)
    found = _look(home, figures, scope, request.audience)
    kept = releases.keep(home, request.previewed(found, party=party))
    return Previewed(kept, found, figures.snapshot(scope, audience=request.audience))


def publish(home: NodeHome, release: Release) -> Snapshot:
    """Make and note what the audience gets, while the gate says yes.

    Attacked once more before it goes out: the data may have changed since both consented. Raises `ReleaseNotInForce`,
    `PreviewForbids`, and what `AsTheAudienceSees` raises.
    """
    releases.require_in_force(home, release)
    figures = AsTheAudienceSees.of(home)
    found = _look(home, figures, release.scope, release.audience)
    if not found.may_be_consented_to:
        raise PreviewForbids(findings=len(found.findings), shown=found.cells - found.hidden)
    made = figures.snapshot(release.scope, audience=release.audience)
    # Asked again: making it took a while, and a revocation counts from its own moment.
    releases.require_in_force(home, releases.release(home, release.act))
    releases.note(home, release.act, Publication(made.scope, made.id, SystemClock().now()))
    return made


@dataclass(frozen=True)
class Published:
    """What an audience gets: the release, the snapshot and its rows."""

    release: Release
    results: Results
    publication: Publication

    def rows(self, *, area: str | None = None, language: str = "id") -> list[dict[str, Any]]:
        """Areas by code, in each the indicators in the order of the scope."""
        codes = [code for code in self.results.areas if area is None or lies_in(code, area)]
        return [row for code in codes for row in export.rows(self.results, area=code, language=language)]

    @cached_property
    def values(self) -> list[Value]:
        return [value for code in self.results.areas for value in self.results.area(code)]

    def about(self) -> dict[str, Any]:
        """What is said of every figure of it."""
        return {
            **self.release.as_dict(),
            "published_at": self.publication.as_dict()["at"],
            "snapshot": self.results.snapshot.id,
            "reference_date": self.results.reference_date.isoformat(),
            "rule_version": self.results.rule_version,
            "agreement": self.results.agreement_number,
            "agreement_rev": self.results.agreement_rev,
            "invented": self.results.is_invented,
        }


def published(home: NodeHome, release: Release) -> Published | None:
    """What went out last under a release that is in force; None where nothing did. Raises `ReleaseNotInForce`."""
    releases.require_in_force(home, release)
    gone = releases.publications(home, release.act)
    if not gone:
        return None
    return Published(release, seen(home, gone[-1].scope, gone[-1].snapshot), gone[-1])


def seen(home: NodeHome, scope: str, snapshot: str) -> Results:
    """The figures of one snapshot that was made for an audience. Raises `SnapshotMissing`."""
    lake = home.lake
    return Results(lake, lake.get(layer=Layer.OUT, dataset=DATASET, scope=scope, id=snapshot))


def previewed(home: NodeHome, request: Request) -> Results | None:
    """The figures that the last preview at this node looked at, as far as they are still here."""
    if request.preview is None:
        return None
    history = home.lake.history(layer=Layer.OUT, dataset=DATASET, scope=place_of(request))
    return Results(home.lake, history[-1]) if history else None


def place_of(request: Request) -> str:
    return _place(request.audience, releases.scope_of(request))


# --- below ---------------------------------------------------------------------------------------


def _look(home: NodeHome, figures: AsTheAudienceSees, scope: ReleaseScope, audience: str) -> Preview:
    earlier = [(one.audience, one.scope) for one in releases.all_releases(home)]
    return previews.preview(scope, audience=audience, protection=figures, earlier=earlier)


def _published(home: NodeHome) -> dict[str, list[Snapshot]]:
    lake = home.lake
    found: dict[str, list[Snapshot]] = {}
    for one in releases.all_releases(home):
        gone = releases.publications(home, one.act)
        if gone:
            place = _place(one.audience, one.scope)
            made = [lake.get(layer=Layer.OUT, dataset=DATASET, scope=each.scope, id=each.snapshot) for each in gone]
            found[place] = [*found.get(place, []), *made]
    return found


def _place(audience: str, scope: ReleaseScope) -> str:
    """Where the lake keeps what this audience sees of this scope."""
    asked = {"audience": audience, "indicators": list(scope.indicators), "areas": list(scope.areas)}
    return canonical_json.digest(asked)[:12]


def _definitions(results: Results, indicators: Sequence[str]) -> pa.Table:
    kept = [results.definitions[one] for one in indicators]
    rows = [
        {"indicator": one.id, "version": one.version, "definition": canonical_json.dumps(one.as_json()).decode()}
        for one in kept
    ]
    return pa.Table.from_pylist(rows, schema=DEFINITIONS.schema())


def _shown(row: Mapping[str, Any]) -> int | None:
    """The count that a reader has: of a rate, that behind it. None where the figure is hidden."""
    if not ValueState(row["state"]).has_value:
        return None
    count = row["value"] if row["numerator"] is None else row["numerator"]
    return None if count is None else int(count)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_plain(one) for one in value]
    return value
