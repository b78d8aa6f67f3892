"""From scored pairs to one decision an account: at most one person an account, at most one account a person.

An account's candidates are rivals: if one is the person, the others are not, and perhaps none is. So what
decides is not the weight of a pair but its probability among all of them,

    p(i) = 2^w(i) / (1 + sum over candidates j of 2^w(j)),

where the 1 stands for "none of them" and w has the prior in it (Bayes' rule over exclusive hypotheses; Fortini,
Liseo, Nuccitelli and Scanu, 2001). Likewise, a person whom another account has already is less likely to be
this account's: only few people have two accounts, and w loses as many bits as they are rare.

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
NIK_DATE_DIFFERS = "nik_date_differs"
"""Accepted all the same where no one else fits."""
TOO_LITTLE_KNOWN = "too_little_known"
NAME_TOO_FAR = "name_too_far"
POSSIBLE_TWIN = "possible_twin"
CLOSE_RIVAL = "close_rival"
WEIGHT_BETWEEN = "weight_between"
PERSON_TAKEN = "person_has_other_account"
SECOND_ACCOUNT = "second_account"
"""Accepted, and said beside it: the same person's other account."""
JUDGED_SAME = "judged_same"
"""Accepted because people judged it so."""
NO_CANDIDATE = "no_candidate"


def accept_by_nik(
    connection: duckdb.DuckDBPyConnection, settings: LinkSettings, *, pairs: str, residents: str, seekers: str
) -> None:
    """Make `nik_decided`: the best NIK pair of each account, and why it is not accepted (null = it is).

    The others' weight must bear the NIK out, because relatives lend one another their NIK: they share village
    and address, but not name, birth date and sex. A father and a son may share the name too: where the birth dates
    differ, the account is looked for by rules first, and has its NIK's person only if nobody else is found. Where an
    account has neither name nor birth date, the resident's own date and sex must be those inside the NIK, so that at
    least it is his or hers.
    """
    name_missing = comparisons.gamma("name", "name_missing")
    date_missing = comparisons.gamma("birth_date", "birth_date_missing")
    age_equal = comparisons.gamma("birth_date", "age_equal")
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE bare_fits AS
        SELECT p.seeker_id, p.person_id,
               coalesce(l.birth_date = l.nik_date AND l.is_female = l.nik_female, false)
               AND coalesce(r.is_female = r.nik_female, false) AS fits_nik
        FROM (SELECT * FROM {pairs}
              WHERE gamma_name = {name_missing} AND gamma_birth_date IN ({date_missing}, {age_equal})) p
        JOIN {residents} l ON l.unique_id = p.person_id JOIN {seekers} r ON r.unique_id = p.seeker_id
        """
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE nik_decided AS
        SELECT p.*,
               CASE WHEN fits_nik IS NOT NULL AND NOT (fits_nik AND others >= {settings.nik_bare_min})
                    THEN '{TOO_LITTLE_KNOWN}'
                    WHEN fits_nik IS NOT NULL THEN NULL
                    WHEN others < {settings.nik_others_min} OR person < {settings.nik_person_min}
                    THEN '{NIK_NOT_BORNE_OUT}'
                    WHEN gamma_birth_date = {comparisons.gamma("birth_date", "birth_date_differs")}
                    THEN '{NIK_DATE_DIFFERS}'
               END AS held_back
        FROM {pairs} p LEFT JOIN bare_fits USING (seeker_id, person_id)
        QUALIFY row_number() OVER (PARTITION BY seeker_id ORDER BY (held_back IS NOT NULL), others DESC, person_id) = 1
        """
    )
    connection.execute("DROP TABLE bare_fits")


def accept_by_rules(
    connection: duckdb.DuckDBPyConnection, settings: LinkSettings, *, pairs: str, residents: str, seekers: str
) -> None:
    """Make `rules_decided`: the best pair of each account of the residue, its probability among its rivals, and why
    it is not accepted. Reads `nik_decided`."""
    gamma = comparisons.gamma
    near_enough, equal = gamma("name", "name_similar"), gamma("name", "name_equal")
    # Twins have one date in their NIKs and serials given out one after the other, and names alike but not of one
    # sound. A serial further off is a typing error, one that ends in 0 was rounded by a spreadsheet, and any serial is
    # an error when the name is equal or a part of the other.
    one_sound = "l.sound_1 = r.sound_1 AND l.sound_2 IS NOT DISTINCT FROM r.sound_2"
    rounded = "l.nik // 10 = r.nik // 10 AND (l.nik % 10 = 0 OR r.nik % 10 = 0)"
    could_be_twins = (
        f"(gamma_name = {gamma('name', 'name_near')} AND abs(l.nik % 10000 - r.nik % 10000) < 10"
        f" AND NOT ({one_sound}) AND NOT ({rounded})"
        f" OR gamma_name < {gamma('name', 'name_shortened')})"
    )
    no_better = " AND ".join(f"ranked.gamma_{field} <= best.gamma_{field}" for field in FIELDS)
    odds = "pow(2, least({weight}, 100))"
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE rules_decided AS
        WITH taken AS (SELECT DISTINCT person_id FROM nik_decided WHERE held_back IS NULL),
        claims AS (
            SELECT p.* REPLACE (
                CASE WHEN t.person_id IS NULL THEN weight ELSE weight - {settings.second_account_bits!r} END AS weight)
            FROM {pairs} p LEFT JOIN taken t ON t.person_id = p.person_id
        ),
        ranked AS (
            SELECT *, row_number() OVER (PARTITION BY seeker_id ORDER BY weight DESC, person_id) AS place FROM claims
        ),
        best AS (SELECT * FROM ranked WHERE place = 1),
        -- The same person twice in the registers (moved, or entered again) is no rival of himself. Nor is one whose
        -- name is merely near where the best one's is equal, and who agrees better in nothing else: a twin.
        rivals AS (
            SELECT ranked.seeker_id,
                   coalesce(a.nik = b.nik, false)
                   OR coalesce(a.sorted = b.sorted AND a.birth_date = b.birth_date AND a.is_female = b.is_female, false)
                      AND (a.nik IS NULL OR b.nik IS NULL)
                   OR best.gamma_name = {equal} AND ranked.gamma_name < {equal} AND {no_better} AS is_none,
                   ranked.weight
            FROM ranked JOIN best USING (seeker_id)
            JOIN {residents} a ON a.unique_id = best.person_id
            JOIN {residents} b ON b.unique_id = ranked.person_id
            WHERE ranked.place > 1 AND ranked.weight > best.weight - 20
        ),
        rivalled AS (
            SELECT seeker_id, sum({odds.format(weight="weight")} ORDER BY weight) FILTER (NOT is_none) AS rival_odds,
                   sum({odds.format(weight="weight")} ORDER BY weight) FILTER (is_none) AS own_odds
            FROM rivals GROUP BY seeker_id
        ),
        likely AS (
            SELECT best.*, round(own / (1 + own + coalesce(rival_odds, 0)), 6) AS probability
            FROM (SELECT best.*, {odds.format(weight="weight")} + coalesce(own_odds, 0) AS own, rival_odds
                  FROM best LEFT JOIN rivalled USING (seeker_id)) best
        )
        SELECT likely.* EXCLUDE (place, own, rival_odds),
               CASE WHEN gamma_name = {gamma("name", "name_missing")} THEN '{TOO_LITTLE_KNOWN}'
                    WHEN gamma_name < {near_enough} AND weight < {settings.stranger_weight_min} THEN '{NAME_TOO_FAR}'
                    WHEN l.nik // 10000 = r.nik // 10000 AND {could_be_twins} THEN '{POSSIBLE_TWIN}'
                    WHEN weight < {settings.probable_weight_min} THEN '{WEIGHT_BETWEEN}'
                    WHEN probability < {settings.probable_probability_min} OR own <= rival_odds THEN '{CLOSE_RIVAL}'
               END AS held_back
        FROM likely
        JOIN {residents} l ON l.unique_id = likely.person_id JOIN {seekers} r ON r.unique_id = likely.seeker_id
        """
    )


def forget_what_was_judged_different(connection: duckdb.DuckDBPyConnection, *, judgements: str, pairs: str) -> str:
    """Make a view of `pairs` without those that people judged to be two persons, and give its name: no score brings
    them back. `pairs` may be any engine's, and stays as it is."""
    view = f"{pairs}_standing"
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT p.* FROM {pairs} p "
        f"ANTI JOIN (SELECT * FROM {judgements} WHERE verdict = 'different') j USING (seeker_id, person_id)"
    )
    return view


def decide(
    connection: duckdb.DuckDBPyConnection,
    settings: LinkSettings,
    *,
    seekers: str,
    target: str,
    residents: str | None = None,
    judgements: str | None = None,
) -> None:
    """Make `target`, one row an account: seeker_id, person_id, match_class, weight, probability, duplicate_of, gamma_*
    and what held it back.

    Among accounts that claim one person the best has it. Another is that person's second account where its own
    claim is sure enough although few people have two, and then names the first as `duplicate_of`; else a person
    must judge. Pairs that people judged to be one person (`judgements`: seeker_id, person_id, verdict) are links
    whatever the machine thinks, where both records are still there.
    """
    judged = (
        f"""SELECT j.seeker_id, min(j.person_id) AS person_id, 'judged' AS stage, '{JUDGED_SAME}' AS held_back,
                   arg_min(coalesce(r.nik = l.nik, false), j.person_id) AS has_nik
            FROM {judgements} j JOIN {seekers} r ON r.unique_id = j.seeker_id
            JOIN {residents} l ON l.unique_id = j.person_id
            WHERE j.verdict = 'same' GROUP BY j.seeker_id"""
        if judgements
        else "SELECT NULL AS seeker_id, NULL AS person_id, '' AS stage, '' AS held_back, false AS has_nik LIMIT 0"
    )
    levels = ", ".join(f"gamma_{field}" for field in FIELDS)
    bits = settings.second_account_bits
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE {target} AS
        WITH judged AS ({judged}),
        scored AS (
            SELECT {scoring.CANDIDATE_COLUMNS}, probability, held_back
            FROM (SELECT *, round(1 - 1 / (1 + pow(2, least(weight, 100))), 6) AS probability FROM nik_decided
                  UNION ALL BY NAME SELECT * FROM rules_decided)
            WHERE stage = 'nik' OR weight >= {settings.review_weight_min}
        ),
        -- What was scored for a judged pair is kept beside the judgement.
        offers AS (
            SELECT * EXCLUDE (has_nik), CASE WHEN has_nik THEN 'nik' ELSE 'probable' END AS match_class FROM (
                SELECT j.*, s.* EXCLUDE (seeker_id, person_id, stage, held_back)
                FROM judged j LEFT JOIN scored s ON s.seeker_id = j.seeker_id AND s.person_id = j.person_id
                QUALIFY row_number() OVER (PARTITION BY j.seeker_id ORDER BY s.weight DESC, s.stage) = 1)
            UNION ALL BY NAME
            SELECT scored.*,
                   CASE WHEN held_back IS NOT NULL AND held_back <> '{NIK_DATE_DIFFERS}' THEN 'review'
                        WHEN stage = 'nik' THEN 'nik' ELSE 'probable' END AS match_class
            FROM scored ANTI JOIN judged USING (seeker_id)
        ),
        ordered AS (
            SELECT *, CASE WHEN held_back = '{JUDGED_SAME}' THEN 0 WHEN held_back = '{NIK_DATE_DIFFERS}' THEN 3
                           ELSE CASE match_class WHEN 'nik' THEN 1 WHEN 'probable' THEN 2
                                                 ELSE CASE stage WHEN 'rules' THEN 4 ELSE 5 END END END AS standing
            FROM offers
        ),
        -- One offer an account: an accepted one first, then the likelier of the two to be judged. Whom stage 1 accepted
        -- is not of the residue and has no other.
        chosen AS (
            SELECT * FROM ordered WHERE standing = 1
            UNION ALL BY NAME
            SELECT * FROM ordered WHERE standing <> 1
            QUALIFY row_number() OVER (
                PARTITION BY seeker_id ORDER BY least(standing, 4), weight DESC, standing, person_id) = 1
        ),
        -- One account a person, among the accepted: most persons have one claim, and need no order.
        wanted AS (
            SELECT person_id FROM chosen WHERE match_class <> 'review' GROUP BY person_id HAVING count(*) > 1
        ),
        holders AS (
            SELECT person_id, first(seeker_id ORDER BY standing, weight DESC, seeker_id) AS first_seeker
            FROM chosen SEMI JOIN wanted USING (person_id) WHERE match_class <> 'review' GROUP BY person_id
        ),
        claimed AS (
            SELECT chosen.*, CASE WHEN match_class <> 'review' THEN coalesce(first_seeker, seeker_id) END AS holder
            FROM chosen LEFT JOIN holders USING (person_id)
        ),
        settled AS (
            SELECT *, holder IS NOT NULL AND holder <> seeker_id AS is_second,
                   -- A claim by rules on a person whom an account has by NIK has paid for being the second already.
                   stage = 'judged' OR probability >= {settings.probable_probability_min}
                   AND (stage = 'nik' OR weight - {bits!r} >= {settings.probable_weight_min}) AS is_sure
            FROM claimed
        )
        SELECT s.unique_id AS seeker_id, c.person_id,
               CASE WHEN c.person_id IS NULL THEN 'none' WHEN is_second AND NOT is_sure THEN 'review'
                    ELSE c.match_class END AS match_class,
               c.weight, c.probability, CASE WHEN is_second AND is_sure THEN holder END AS duplicate_of, {levels},
               CASE WHEN c.person_id IS NULL THEN '{NO_CANDIDATE}'
                    WHEN is_second THEN CASE WHEN is_sure THEN '{SECOND_ACCOUNT}' ELSE '{PERSON_TAKEN}' END
                    ELSE c.held_back END AS held_back
        FROM {seekers} s LEFT JOIN settled c ON c.seeker_id = s.unique_id
        """
    )
