"""From scored pairs to one decision an account: at most one person an account, at most one account a person.

Every choice has a fixed order (class, weight, id), so that the result does not depend on how many threads
worked. An account's second choice is never taken when its first one is lost: whoever loses to a better
claim goes to a person to judge.
"""

from __future__ import annotations

from enum import StrEnum

import duckdb

from tenun.linkage import comparisons, scoring
from tenun.linkage.comparisons import FIELDS
from tenun.linkage.settings import LinkSettings


class MatchClass(StrEnum):
    """How sure a link is. The stored spelling never changes."""

    NIK = "nik"
    """The NIK is equal and the rest of the record bears it out."""
    PROBABLE = "probable"
    """No NIK to go by; everything else makes it one person."""
    REVIEW = "review"
    """A candidate that a person must judge. Counts as not linked."""
    NONE = "none"
    """No candidate."""


ACCEPTED = (MatchClass.NIK, MatchClass.PROBABLE)

# Why a candidate was not simply accepted; `reasons` has the words.
NIK_NOT_BORNE_OUT = "nik_not_borne_out"
TOO_LITTLE_KNOWN = "too_little_known"
NAME_TOO_FAR = "name_too_far"
POSSIBLE_TWIN = "possible_twin"
CLOSE_RIVAL = "close_rival"
WEIGHT_BETWEEN = "weight_between"
PERSON_TAKEN = "person_has_other_account"
NO_CANDIDATE = "no_candidate"


def accept_by_nik(
    connection: duckdb.DuckDBPyConnection, settings: LinkSettings, *, pairs: str, residents: str, seekers: str
) -> None:
    """Make `nik_decided`: the best NIK pair of each account, and why it is not accepted (null = it is).

    The others' weight must bear the NIK out, because relatives lend one another their NIK: they share village
    and address, but not name, birth date and sex. Where an account has neither name nor birth date, the
    resident's own date and sex must be those inside the NIK, so that at least it is his or hers.
    """
    name_missing = comparisons.gamma("name", "name_missing")
    date_missing = comparisons.gamma("birth_date", "birth_date_missing")
    age_equal = comparisons.gamma("birth_date", "age_equal")
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE nik_decided AS
        WITH known AS (
            SELECT p.*, p.gamma_name = {name_missing}
                   AND p.gamma_birth_date IN ({date_missing}, {age_equal}) AS is_bare,
                   coalesce(l.birth_date = l.nik_date AND l.sex = l.nik_sex, false)
                   AND coalesce(r.sex = r.nik_sex, false) AS fits_nik
            FROM {pairs} p JOIN {residents} l ON l.unique_id = p.person_id JOIN {seekers} r ON r.unique_id = p.seeker_id
        )
        SELECT * EXCLUDE (is_bare, fits_nik),
               CASE WHEN is_bare AND NOT (fits_nik AND others >= {settings.nik_bare_min}) THEN '{TOO_LITTLE_KNOWN}'
                    WHEN is_bare THEN NULL
                    WHEN others < {settings.nik_others_min} OR person < {settings.nik_person_min}
                    THEN '{NIK_NOT_BORNE_OUT}'
               END AS held_back
        FROM known
        QUALIFY row_number() OVER (PARTITION BY seeker_id ORDER BY (held_back IS NOT NULL), others DESC, person_id) = 1
        """
    )


def accept_by_rules(
    connection: duckdb.DuckDBPyConnection, settings: LinkSettings, *, pairs: str, residents: str, seekers: str
) -> None:
    """Make `rules_decided`: the best pair of each account of the residue, and why it is not accepted."""
    gamma = comparisons.gamma
    near_enough, equal = gamma("name", "name_similar"), gamma("name", "name_equal")
    # Twins have one date in their NIKs and serials given out one after the other; a serial further off is a typing
    # error, and so is any serial when the name is equal or a part of the other.
    could_be_twins = (
        f"(gamma_name = {gamma('name', 'name_near')} AND abs(right(l.nik, 4)::INTEGER - right(r.nik, 4)::INTEGER) < 10"
        f" OR gamma_name < {gamma('name', 'name_shortened')})"
    )
    no_better = " AND ".join(f"ranked.gamma_{field} <= best.gamma_{field}" for field in FIELDS)
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE rules_decided AS
        WITH ranked AS (
            SELECT *, row_number() OVER (PARTITION BY seeker_id ORDER BY weight DESC, person_id) AS place FROM {pairs}
        ),
        best AS (SELECT * FROM ranked WHERE place = 1),
        -- The same person twice in the registers (moved, or entered again) is no rival of himself. Nor is one whose
        -- name is merely near where the best one's is equal, and who agrees better in nothing else: a twin.
        rival AS (
            SELECT ranked.seeker_id, max(ranked.weight) AS rival_weight
            FROM ranked JOIN best USING (seeker_id)
            JOIN {residents} a ON a.unique_id = best.person_id
            JOIN {residents} b ON b.unique_id = ranked.person_id
            WHERE ranked.place > 1
              AND NOT coalesce(a.nik = b.nik, false)
              AND NOT (coalesce(a.sorted = b.sorted AND a.birth_date = b.birth_date AND a.sex = b.sex, false)
                       AND (a.nik IS NULL OR b.nik IS NULL))
              AND NOT (best.gamma_name = {equal} AND ranked.gamma_name < {equal} AND {no_better})
            GROUP BY ranked.seeker_id
        )
        SELECT best.* EXCLUDE (place),
               CASE WHEN gamma_name = {gamma("name", "name_missing")} THEN '{TOO_LITTLE_KNOWN}'
                    WHEN gamma_name < {near_enough} THEN '{NAME_TOO_FAR}'
                    WHEN left(l.nik, 12) = left(r.nik, 12) AND {could_be_twins} THEN '{POSSIBLE_TWIN}'
                    WHEN weight < {settings.probable_weight_min} THEN '{WEIGHT_BETWEEN}'
                    WHEN weight - rival_weight < {settings.probable_margin_min}
                    THEN '{CLOSE_RIVAL}'
               END AS held_back
        FROM best LEFT JOIN rival USING (seeker_id)
        JOIN {residents} l ON l.unique_id = best.person_id JOIN {seekers} r ON r.unique_id = best.seeker_id
        """
    )


def decide(connection: duckdb.DuckDBPyConnection, settings: LinkSettings, *, seekers: str, target: str) -> None:
    """Make `target`, one row an account: seeker_id, person_id, match_class, weight, gamma_* and what held it back."""
    levels = ", ".join(f"gamma_{field}" for field in FIELDS)
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE {target} AS
        WITH offers AS (
            SELECT {scoring.CANDIDATE_COLUMNS}, held_back,
                   CASE WHEN held_back IS NOT NULL THEN 'review'
                        WHEN stage = 'nik' THEN 'nik' ELSE 'probable' END AS match_class
            FROM (SELECT * FROM nik_decided UNION ALL BY NAME SELECT * FROM rules_decided)
            WHERE stage = 'nik' OR weight >= {settings.review_weight_min}
        ),
        ordered AS (
            SELECT *, CASE match_class WHEN 'nik' THEN 1 WHEN 'probable' THEN 2
                                       ELSE CASE stage WHEN 'rules' THEN 3 ELSE 4 END END AS standing FROM offers
        ),
        -- One offer an account: an accepted one first, then the likelier of the two to be judged.
        chosen AS (
            SELECT * FROM ordered
            QUALIFY row_number() OVER (
                PARTITION BY seeker_id ORDER BY least(standing, 3), weight DESC, standing, person_id) = 1
        ),
        -- One account a person, among the accepted.
        claimed AS (
            SELECT *, match_class <> 'review' AND row_number() OVER (
                PARTITION BY person_id ORDER BY standing, weight DESC, seeker_id) > 1 AS is_late
            FROM chosen
        )
        SELECT s.unique_id AS seeker_id, c.person_id,
               CASE WHEN c.person_id IS NULL THEN 'none' WHEN c.is_late THEN 'review'
                    ELSE c.match_class END AS match_class,
               c.weight, {levels},
               CASE WHEN c.person_id IS NULL THEN '{NO_CANDIDATE}' WHEN c.is_late THEN '{PERSON_TAKEN}'
                    ELSE c.held_back END AS held_back
        FROM {seekers} s LEFT JOIN claimed c ON c.seeker_id = s.unique_id
        """
    )
