"""Run by an interpreter that has `gconfid`: its audit of suppressed tables, and its own suppression.

In: tables of `cells` (number, count, whether hidden, sensitivity) and `sums` (number of a cell and its sign), `factor`
that bounds what a reader thinks possible, `what`. Out: for every table, either the least and greatest value of every
hidden cell, or the numbers of the cells to hide.
"""

import json
import os
import sys

import pandas as pd

told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # solvers write their name to standard output

from gconfid import Auditing, Suppression  # noqa: E402 - speaks when it is imported

PAIR = 10**6
"""Two hidden cells that nothing else touches: without a pair that makes a sum, version 2.0.4 audits no cell."""


def constraints(sums):
    rows = [(at, cell, sign) for at, members in enumerate(sums, 1) for cell, sign in members]
    return pd.DataFrame(rows, columns=["ConstraintId", "CellId", "Coefficient"]).astype(
        {"ConstraintId": float, "CellId": float, "Coefficient": int}
    )


def audited(table, factor):
    cells = [*table["cells"], [PAIR, 7, True, 1], [PAIR + 1, 7, True, 1], [PAIR + 2, 14, False, 1]]
    sums = [*table["sums"], [[PAIR, 1], [PAIR + 1, 1], [PAIR + 2, -1]]]
    frame = pd.DataFrame(
        [(float(at), float(n), float(sensitivity), "X" if hidden else "P") for at, n, hidden, sensitivity in cells],
        columns=["CellId", "TotalNoise", "Sensitivity", "OutStatus"],
    )
    found = Auditing(
        incell=frame, inconstraint=constraints(sums), lb_factor=0.0, ub_factor=factor, capture=True
    ).outaudit.to_pandas()
    rows = zip(found["CellId"], found["MinValue"], found["MaxValue"], strict=True)
    return [[int(cell), float(least), float(most)] for cell, least, most in rows if cell < PAIR]


def suppressed(table):
    frame = pd.DataFrame(
        [
            (float(at), float(n), float(sensitivity), "S" if sensitivity > 0 else "V", "C", float(n))
            for at, n, _, sensitivity in table["cells"]
        ],
        columns=["CellId", "TotalNoise", "Sensitivity", "Status", "Type", "Size"],
    )
    found = Suppression(incell=frame, inconstraint=constraints(table["sums"]), capture=True).outsuppress.to_pandas()
    return [int(cell) for cell, status in zip(found["CellId"], found["OutStatus"], strict=True) if status == "X"]


question = json.load(sys.stdin)
audit = question["what"] == "audit"
answer = [audited(one, question["factor"]) if audit else suppressed(one) for one in question["tables"]]
json.dump(answer, told)
