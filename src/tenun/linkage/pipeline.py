"""The way of a record through the linkage, from two standard tables to one decision an account.

    registers in standard form -> NIK pairs, scored -> accepted | residue
    residue -> pairs that a rule finds, scored -> rivals weighed -> one account a person

The tables may be in memory or views over Parquet: residents are read in passes and never held, accounts are.
Nothing here knows a lake, a file or an agreement. The heavy steps are an `Engine`'s; the order of the steps, and what
decides, are here and the same for every engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from tenun.engine.duckdb import only_row
from tenun.linkage import assignment
from tenun.linkage import model as models
from tenun.linkage.checkpoint import NIK_PAIRS, RULE_PAIRS, Checkpoint
from tenun.linkage.comparisons import HOME
from tenun.linkage.engine import Engine, OneDatabase
from tenun.linkage.model import Model
from tenun.linkage.settings import LinkSettings
from tenun.linkage.stages import Stages

# How many accounts' worth of trust the expected share has against what stage 1 finds.
_SHARE_STRENGTH = 100


@dataclass
class Outcome:
    """What a run of the pipeline counted."""

    persons: int = 0
    seekers: int = 0
    share: float = 0.0
    """Of the accounts, those whose person is thought to be among the residents."""
    pairs: dict[str, int] = field(default_factory=dict)
    crowded: dict[str, int] = field(default_factory=dict)
    """By rule, accounts whose key too many others share."""


@dataclass(frozen=True)
class Fit:
    """What a run counts over everybody: frozen, so that another run can give the same weights."""

    model: Model
    """With its u fitted to these two sides."""
    share: float
    persons: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "probabilities": {
                name: {code: list(m_u) for code, m_u in levels.items()}
                for name, levels in self.model.probabilities.items()
            },
            "model": self.model.id,
            "share": self.share,
            "persons": self.persons,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Fit:
        probabilities = {
            name: {code: (float(m), float(u)) for code, (m, u) in levels.items()}
            for name, levels in document["probabilities"].items()
        }
        # The prior is set from share and persons before anything is weighed.
        model = Model(id=document["model"], probabilities=probabilities, prior=0.5, provenance={})
        return cls(model, share=float(document["share"]), persons=int(document["persons"]))


class Pipeline:
    """One linkage in one connection, over the standard tables `residents` and `accounts`.

    Makes, in this order: seekers (the accounts, crowded NIKs taken away), name_shares, nik_pairs, nik_decided,
    residue, rule_pairs, rules_decided, decided.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        settings: LinkSettings,
        model: Model,
        engine: Engine | None = None,
        *,
        fit: Fit | None = None,
        judgements: str | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """`engine`: who does the heavy steps; none = the connection itself. `fit`: that of another run, whose weights
        this one is to give; then the table `name_shares` must be there. `judgements`: a table of what people judged
        (seeker_id, person_id, verdict `same` or `different`), which no score overrides. `checkpoint`: where
        finished stages are kept, and taken up."""
        self.connection = connection
        self.engine: Engine = engine or OneDatabase(connection)
        self.settings = settings
        self.fit = fit
        self.judgements = judgements
        self.checkpoint = checkpoint
        self.model = fit.model if fit else model
        self.outcome = Outcome(share=settings.prior_expected_share)

    def run(self, residents: str, accounts: str, stages: Stages) -> None:
        """All of it, in the stages nik, rules and decide. Afterwards `decided` is there."""
        with stages.stage("nik"):
            self.prepare(residents, accounts)
            self.link_by_nik()
            self.leave_residue()
        with stages.stage("rules"):
            self.link_by_rules()
        with stages.stage("decide"):
            self.decide()

    def prepare(self, residents: str, accounts: str) -> None:
        """Name the two sides, count names, and fit what depends on who is being linked."""
        # Whose NIK many carry (a broker's, a placeholder that looks real) has no NIK, on either side.
        self.engine.find_crowded_niks(residents=residents, accounts=accounts, shared_max=self.settings.nik_shared_max)
        self.engine.keep(
            "seekers",
            f"""
            SELECT a.* EXCLUDE (nik, nik_date), CASE WHEN c.nik IS NULL THEN a.nik END AS nik,
                   CASE WHEN c.nik IS NULL THEN a.nik_date END AS nik_date,
                   NULL::VARCHAR AS home, NULL::VARCHAR AS nik_home
            FROM {accounts} a LEFT JOIN crowded_niks c ON c.nik = a.nik
            """,
        )
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW housed AS "
            f"SELECT *, {HOME.format(side='')} AS home, NULL::VARCHAR AS nik_home FROM {residents}"
        )
        self.outcome.persons = self._count("housed")
        self.outcome.seekers = self._count("seekers")
        if self.fit is None:
            self.engine.count_names(residents="housed", seekers="seekers")
            self.model = models.fitted_to(self.model, self.connection, "housed", "seekers")

    def link_by_nik(self) -> None:
        """Stage 1, and what it tells about how many accounts have their person here at all."""
        self._expect(self.outcome.share)
        if self.checkpoint is not None and self.checkpoint.restore(self.connection, NIK_PAIRS):
            self.engine.keep("nik_found", f"SELECT person_id, seeker_id FROM {NIK_PAIRS}")
        else:
            self.find_by_nik()
            if self.checkpoint is not None:
                self.checkpoint.keep(self.connection, NIK_PAIRS)
        assignment.accept_by_nik(
            self.connection, self.settings, pairs=self._standing(NIK_PAIRS), residents="housed", seekers="seekers"
        )
        self.settle_share()

    def find_by_nik(self) -> None:
        """Make `nik_found` and `nik_pairs`: the pairs with one NIK, and what they weigh."""
        self.engine.find_by_nik(residents="housed", seekers="seekers", target="nik_found")
        self._score("nik_found", "seekers", "nik_pairs", stage="nik")

    def settle_share(self) -> None:
        """Correct the prior by what stage 1 accepted."""
        before = self.model.prior_weight
        if self.fit is None:
            accepted = self._count("nik_decided", "held_back IS NULL")
            usable = self._count("seekers", "nik IS NOT NULL")
            self._expect((accepted + self.outcome.share * _SHARE_STRENGTH) / (usable + _SHARE_STRENGTH))
        else:
            self._expect(self.fit.share)
        shift = self.model.prior_weight - before
        self.connection.execute("UPDATE nik_decided SET weight = round(weight + ?, 4)", [shift])

    def leave_residue(self) -> None:
        """The accounts that stage 1 left over, with the household of whoever else their NIK belongs to."""
        self.engine.keep(
            "residue",
            """
            WITH owners AS (
                SELECT d.seeker_id, min(l.home) AS nik_home
                FROM (SELECT * FROM nik_decided WHERE held_back IS NOT NULL) d
                JOIN housed l ON l.unique_id = d.person_id
                GROUP BY d.seeker_id
            ),
            accepted AS (SELECT seeker_id FROM nik_decided WHERE held_back IS NULL)
            SELECT s.* REPLACE (o.nik_home AS nik_home)
            FROM (SELECT s.* FROM seekers s ANTI JOIN accepted d ON d.seeker_id = s.unique_id) s
            LEFT JOIN owners o ON o.seeker_id = s.unique_id
            """,
        )

    def link_by_rules(self, *, among: str | None = None) -> None:
        """Stage 2: make `rule_pairs`, the candidates of the residue, or of its accounts that are in `among`."""
        if self.checkpoint is not None and self.checkpoint.restore(self.connection, RULE_PAIRS):
            blocked = self.checkpoint.counts()
            self.outcome.pairs, self.outcome.crowded = blocked.pairs, blocked.crowded
            return
        # A pair with one NIK was judged in the first stage, and is not let in by the back door.
        blocked = self.engine.find_by_rules(
            residents="housed",
            seekers="residue",
            target="rules_left",
            shared_max=self.settings.blocking_shared_max,
            besides="nik_found",
            among=among,
        )
        self.outcome.pairs, self.outcome.crowded = blocked.pairs, blocked.crowded
        self._score("rules_left", "residue", RULE_PAIRS, stage="rules", weight_min=self.candidate_weight_min)
        if self.checkpoint is not None:
            self.checkpoint.keep_counts(blocked)
            self.checkpoint.keep(self.connection, RULE_PAIRS)

    @property
    def candidate_weight_min(self) -> float:
        """Below it, a candidate is not even a rival."""
        return self.settings.review_weight_min - 6

    def decide(self) -> None:
        """Weigh rivals and claims: make `decided`."""
        assignment.accept_by_rules(
            self.connection, self.settings, pairs=self._standing(RULE_PAIRS), residents="housed", seekers="residue"
        )
        assignment.decide(
            self.connection,
            self.settings,
            seekers="seekers",
            target="decided",
            residents="housed",
            judgements=self.judgements,
        )

    def _standing(self, pairs: str) -> str:
        """The pairs less what people judged to be two persons."""
        if self.judgements is None:
            return pairs
        return assignment.forget_what_was_judged_different(self.connection, judgements=self.judgements, pairs=pairs)

    def _score(self, pairs: str, seekers: str, target: str, *, stage: str, weight_min: float | None = None) -> None:
        self.engine.score(
            self.model, pairs=pairs, residents="housed", seekers=seekers, target=target, stage=stage,
            weight_min=weight_min,
        )  # fmt: skip

    def _expect(self, share: float) -> None:
        """Set the prior: of all resident-account pairs, `share` x accounts are one person."""
        self.outcome.share = share
        persons = self.fit.persons if self.fit else self.outcome.persons
        self.model = self.model.with_prior(share / max(persons, 1))

    def fit_made(self) -> Fit:
        """What this run counted, for another run to give the same weights."""
        persons = self.fit.persons if self.fit else self.outcome.persons
        return Fit(self.model, share=self.outcome.share, persons=persons)

    def _count(self, table: str, condition: str = "true") -> int:
        return int(only_row(self.connection, f"SELECT count(*) FROM {table} WHERE {condition}")[0])
