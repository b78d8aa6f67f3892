"""Run by an interpreter that has `cell-key-perturbation`: tables of counts from persons with record keys.

In: `persons` (columns), `ptable` (count, key, noise), `tables` (lists of columns). Out: for every table its cells.
"""

import json
import os
import sys

import pandas as pd
from cell_key_perturbation.create_perturbed_table import create_perturbed_table
from cell_key_perturbation.utils.generate_test_ptable import generate_ptable_10_5_rule

told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # solvers write their name to standard output
question = json.load(sys.stdin)
if question.get("what") == "ten_five":
    rule = generate_ptable_10_5_rule()
    rows = [[int(one) for one in row] for row in rule[["pcv", "ckey", "pvalue"]].values.tolist()]
    json.dump(rows, told)
    raise SystemExit
persons = pd.DataFrame(question["persons"])
ptable = pd.DataFrame(question["ptable"], columns=["pcv", "ckey", "pvalue"])
answer = []
for area, *by in question["tables"]:
    found = create_perturbed_table(
        data=persons, ptable=ptable, geog=[area], tab_vars=by, record_key="record_key", threshold=0
    )
    cells = found[[area, *by]].astype(str).values.tolist()
    counts = zip(found["pre_sdc_count"], found["ckey"], found["count"], strict=True)
    answer.append([[*cell, *map(int, one)] for cell, one in zip(cells, counts, strict=True)])
json.dump(answer, told)
