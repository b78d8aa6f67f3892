"""The shapes of DCAT-AP 3.0.1, as a judge of catalogues, offline."""

from __future__ import annotations

import json
from typing import Any

from pyshacl import validate
from rdflib import RDF, SH, Graph

from tests.lib.shared_data import shared

SHAPES = "vectors/dcat-ap-3.0.1-shacl"


def graph_of(document: dict[str, Any]) -> Graph:
    return Graph().parse(data=json.dumps(document), format="json-ld")


def faults(data: Graph) -> list[str]:
    """The paths of what does not conform, each as often as it does not."""
    shapes = Graph()
    for file in ("dcat-ap-SHACL.ttl", "ranges.ttl"):  # each refers to shapes of the other
        shapes.parse(shared(SHAPES) / file)
    for undefined in {one for one in shapes.objects(None, SH.property) if shapes.value(one, SH.path) is None}:
        shapes.remove((None, SH.property, undefined))
    conforms, report, _ = validate(data, shacl_graph=shapes, do_owl_imports=False, advanced=False)
    assert isinstance(report, Graph)
    found = [str(report.value(result, SH.resultPath)) for result in report.subjects(RDF.type, SH.ValidationResult)]
    assert conforms == (not found)
    return sorted(found)
