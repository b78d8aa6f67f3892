"""Run by an interpreter that has `acro`: which cells of tables of persons its checks would suppress.

In: `threshold`, `zeros` (whether nobody in a cell tells of everyone), `tables` (row, column, number of persons each).
Out: for every table, cell by cell, the checks that fail: of the count, and of the sum of one for each person.
"""

import json
import logging
import os
import sys

import pandas as pd
from acro import ACRO

told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # solvers write their name to standard output
logging.disable(logging.CRITICAL)
question = json.load(sys.stdin)
acro = ACRO(suppress=False)
acro.sdc_checks.risk_appetite.update(safe_threshold=question["threshold"], zeros_are_disclosive=question["zeros"])
answer = []
for table in question["tables"]:
    persons = [(row, column) for row, column, count in table for _ in range(count)]
    frame = pd.DataFrame(persons, columns=["row", "column"])
    outcomes = []
    for more in ({}, {"values": pd.Series([1.0] * len(frame), name="one"), "aggfunc": "sum"}):
        acro.crosstab(frame["row"], frame["column"], **more)
        outcomes.append(acro.results.get_index(-1).outcome)
    cells = []
    for row, column, _ in table:
        found = set()
        for outcome in outcomes:
            if row in outcome.index and column in outcome.columns:
                found |= {one.strip() for one in str(outcome.loc[row, column]).split(";")} - {"", "ok"}
        cells.append([row, column, sorted(found)])
    answer.append(cells)
json.dump(answer, told)
