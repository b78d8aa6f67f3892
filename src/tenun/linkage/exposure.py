"""The crosswalk as others may hold it: under pseudonyms of one purpose, which join with nothing else.

Two purposes get different pseudonyms for one person, so that tables handed out for the one cannot be laid beside those
of the other. The key stays at the node; without it nobody gets back to the lake's own pseudonyms, let alone to a NIK.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tenun.agreement.vocabulary import Purpose
from tenun.kernel.clause import implements
from tenun.kernel.keys import KeyProvider, pseudonym
from tenun.linkage.assignment import ACCEPTED

_COLUMNS: dict[str, pa.DataType] = {
    "person": pa.string(),
    "account": pa.string(),
    "village_code": pa.string(),
    "match_class": pa.string(),
    "probability": pa.float64(),
    "is_second_account": pa.bool_(),
}
SCHEMA = pa.schema(list(_COLUMNS.items()))


@implements("7(1)", control="Linked tables leave the node under pseudonyms of one purpose, never with a NIK.")
def for_purpose(links: pa.Table, purpose: Purpose, keys: KeyProvider) -> pa.Table:
    """The accepted links of a crosswalk (columns of `crosswalk.SCHEMA`) as `SCHEMA`, by person and account.

    Candidates that a person must judge are no links and are left out, with the reasons of all.
    """
    key = keys.secret(f"crosswalk-{purpose}")
    accepted = links.filter(pc.field("match_class").isin([str(one) for one in ACCEPTED]))
    rows = [
        {
            "person": pseudonym(key, "person", row["person_id"]),
            "account": pseudonym(key, "account", row["seeker_id"]),
            "village_code": row["village_code"],
            "match_class": row["match_class"],
            "probability": row["probability"],
            "is_second_account": row["duplicate_of"] is not None,
        }
        for row in accepted.to_pylist()
    ]
    rows.sort(key=lambda row: (row["person"], row["account"]))
    return pa.Table.from_pylist(rows, schema=SCHEMA)
