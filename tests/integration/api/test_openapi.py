"""The published document against the running node: what it describes is there, and nothing that fits it breaks it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenun.exchange.wire import problems
from tests.integration.api.conftest import Served
from tests.lib.api_calls import Answered, Caller

pytestmark = pytest.mark.xdist_group("api")
NAMES = {"agreement": "sid-siapkerja"}


@pytest.fixture(scope="module")
def document(served: Served) -> dict[str, Any]:
    return served.caller.call("GET", "/v1/openapi.json").json()


@pytest.fixture(scope="module")
def tokens(served: Served) -> dict[str, str]:
    return {
        "export": served.caller.token(),
        "query": served.caller.token(operation="subject", area=None, fields=["person_id"]),
    }


def test_every_operation_says_what_it_takes_gives_and_refuses(document: dict[str, Any]) -> None:
    found = {(method, path) for path, item in document["paths"].items() for method in item}
    assert len(found) == 22
    for _, item in document["paths"].items():
        for operation in item.values():
            assert operation["summary"]
            assert operation["description"]
            assert all(answer["description"] != "OK" for answer in operation["responses"].values())
            if operation["security"] and not operation["operationId"].endswith(("token", "introspect")):
                assert "401" in operation["responses"]


def test_the_examples_of_problems_are_problems(document: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(document["components"]["schemas"]["Problem"])
    count = 0
    for item in document["paths"].values():
        for operation in item.values():
            for answer in operation["responses"].values():
                for example in answer.get("content", {}).get(problems.CONTENT_TYPE, {}).get("examples", {}).values():
                    validator.validate(example["value"])
                    count += 1
    assert count > 100


def body_of(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return json.dumps(value).encode("utf-8", "surrogatepass")


def send(caller: Caller, case: Any, token: str | None) -> Answered:
    """A generated case, signed as the other party signs: what is tried is behind the signature."""
    parameters = {name: NAMES.get(name, value) for name, value in (case.path_parameters or {}).items()}
    path = case.operation.path
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    query = urlencode(case.query or {}, doseq=True)
    has_body = case.body is not None and type(case.body).__name__ != "NotSet"
    media = case.media_type or "application/json"
    content = b""
    if has_body:
        content = (
            urlencode(case.body).encode() if "form" in media and isinstance(case.body, dict) else body_of(case.body)
        )
    return caller.call(case.method, path + (f"?{query}" if query else ""), content, token=token, content_type=media)


@pytest.mark.parametrize("number", range(21))
def test_nothing_that_fits_the_description_breaks_the_node(
    served: Served, document: dict[str, Any], tokens: dict[str, str], number: int
) -> None:
    schemathesis.serializer.alias("application/jose", "text/plain")
    schema = schemathesis.openapi.from_dict(document)
    # Health is unsigned, and has a test of its own.
    operations = [found for result in schema.get_all_operations() if (found := result.ok()).path != "/health"]
    operation = operations[number]
    needs_token = "dpopToken" in json.dumps(operation.definition.raw["security"])
    token = tokens["query" if operation.path.endswith("/queries") else "export"] if needs_token else None

    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy())
        answer = send(served.caller, case, token)
        assert answer.status < 500 or answer.problem == "busy", answer.body

    run()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("path", ["exports", "queries", "acts", "receipts"])
def test_no_json_whatever_breaks_the_node(served: Served, tokens: dict[str, str], path: str) -> None:
    token = {"exports": tokens["export"], "queries": tokens["query"]}.get(path)
    known = st.sampled_from(["dataset", "purpose", "fields", "subject", "mode", "ticket", "since", "format", "area"])

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.dictionaries(known, JSON_VALUES) | JSON_VALUES)
    def run(value: Any) -> None:
        answer = served.caller.call("POST", f"{served.caller.base}/{path}", body_of(value), token=token)
        assert 400 <= answer.status < 500 or answer.status in (200, 202), answer.body

    run()
