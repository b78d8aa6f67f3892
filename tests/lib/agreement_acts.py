"""Two nodes with an agreement in force and a chain of acts each, and acts to put into them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tenun.agreement import party_jwk
from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.ledger import Entry
from tenun.agreement.agreed import Agreement
from tenun.agreement.standing import Standing
from tenun.agreement.vocabulary import Party
from tenun.kernel.clock import FixedClock
from tests.lib.agreement_drafts import InForce, edited, in_force

DESA, NAKER = Party.DESA, Party.NAKER
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SHA = "ab" * 32

# One body of each kind that the law takes as it stands. Those that name another act are filled in by `body_of`.
BODIES: dict[Kind, dict[str, Any]] = {
    Kind.ENTER_INTO_FORCE: {},
    Kind.EXTEND: {"until": "2030-07-22T17:00:00Z"},
    Kind.END: {"reason": "Tugas selesai."},
    Kind.END_NONCONFORMITY: {"clause": "3(1)b", "reason": "Akses tidak diberikan."},
    Kind.NOTICE: {"subject": "other", "text": "Pemberitahuan."},
    Kind.CONTACT_CHANGE: {
        "changed_on": "2026-11-20",
        "contact": {
            "responsible": "Badan Buatan",
            "liaison": "Kepala Pusat Buatan",
            "address": "Jalan Buatan Nomor 1",
            "email": "pusat@contoh.go.id",
        },
    },
    Kind.SHUT_OFF: {"scope": {"kind": "agreement"}, "event": "malware", "reason": "Sistem terserang."},
    Kind.INCIDENT_REPORT: {
        "event": "malware",
        "detected_at": "2026-11-24T01:00:00Z",
        "datasets": ["sid-warga"],
        "persons": 0,
        "text": "Sistem terserang.",
    },
    Kind.FORCE_MAJEURE_REPORT: {
        "event": "banjir besar",
        "began_on": "2026-11-20",
        "evidence": [{"title": "Surat BPBD", "sha256": SHA}],
        "duties": [],
        "text": "Kantor terendam.",
    },
    Kind.ME_REPORT: {
        "period_from": "2026-01-01",
        "period_until": "2026-06-30",
        "sha256": SHA,
        "summary": "Semester pertama.",
    },
    Kind.DISPUTE_OPEN: {"clause": "3(1)b", "subject": "Akses", "text": "Akses terputus."},
    Kind.THIRD_PARTY_CONSENT: {
        "dataset": "hasil-desa",
        "audience": "publik",
        "fields": ["area_code", "value"],
        "valid_from": "2026-11-24",
        "valid_until": "2026-12-31",
        "text": "Angka per desa untuk umum.",
    },
}
REFERENCES = {Kind.THIRD_PARTY_CONSENT: {"number": "B-1/2026"}}


@dataclass
class Nodes:
    """Both parties, with one clock. What one makes reaches the other when `deliver` is called."""

    homes: InForce
    chains: dict[Party, Chain]
    clock: FixedClock

    @property
    def agreement(self) -> Agreement:
        return self.homes.agreement

    def keys(self, party: Party) -> Path:
        return self.homes.keys(party)

    def later(self, **by: float) -> datetime:
        """Let time pass, at both nodes."""
        self.clock.moment += timedelta(**by)
        return self.clock.moment

    def act(self, party: Party, kind: Kind, body: dict[str, Any] | None = None, **more: Any) -> Entry:
        """An act of one party, at its own node."""
        return self.chains[party].act(
            kind, by=party, keys=self.keys(party), body=BODIES[kind] if body is None else body, **more
        )

    def agree(self, party: Party, kind: Kind, body: dict[str, Any] | None = None, **more: Any) -> Entry:
        """An act of both: proposed by one, signed by the other, taken by the first."""
        more.setdefault("reference", REFERENCES.get(kind))
        proposed = self.chains[party].propose(
            kind, by=party, keys=self.keys(party), body=BODIES[kind] if body is None else body, **more
        )
        other = party.other
        entry = self.chains[other].countersign(proposed.content, by=other, keys=self.keys(other))
        return self.chains[party].take(entry.signed.content).entry

    def deliver(self) -> None:
        """Bring all acts to both nodes."""
        for party in Party:
            self.chains[party.other].take_all(entry.signed.content for entry in self.chains[party].all())

    def standing(self, party: Party) -> Standing:
        home = self.homes.homes[party]
        return Standing(home / "agreement", home / "acts", own_keys=home / "keys")


def open_nodes(folder: Path, *, of: InForce | None = None, moment: datetime = NOW) -> Nodes:
    """Two nodes below a folder; with `of`, copies of those, so that keys need not be made anew."""
    if of is None:
        homes = in_force(folder)
    else:
        for party, home in of.homes.items():
            shutil.copytree(home, folder / party)
        homes = InForce({party: folder / party for party in Party}, of.agreement)
    clock = FixedClock(moment)
    chains = {
        party: Chain(home / "acts", agreement=home / "agreement", own_keys=home / "keys", clock=clock)
        for party, home in homes.homes.items()
    }
    return Nodes(homes, chains, clock)


def revised(nodes: Nodes, folder: Path, edit: Callable[[dict[str, Any]], None]) -> str:
    """A changed draft as a revision at both nodes, with the parties' keys; its digest."""
    draft = edited(folder, edit)
    chain = nodes.chains[DESA]
    rev = chain.revisions.add(draft, state=chain.state()).rev
    nodes.chains[NAKER].revisions.take(chain.revisions.bundle(rev))
    return rev


def new_key(curve: str = "Ed25519") -> tuple[party_jwk.Key, dict[str, str]]:
    """A private key, and what an act says of it."""
    key = party_jwk.generate(curve)
    return key, party_jwk.public_jwk(key)
