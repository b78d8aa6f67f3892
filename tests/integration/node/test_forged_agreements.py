"""An agreement whose second signature is forged, put into a node's home: the node says so and gives nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tenun.agreement.signing import NotSigned, SignatureBroken
from tenun.agreement.vocabulary import Party
from tenun.kernel import canonical_json
from tenun.node import pair, processes
from tenun.node.home import Role
from tests.lib.api_calls import Caller, in_home
from tests.lib.online_nodes import OnlineNodes, open_online_nodes
from tests.lib.pipeline_node import PipelineNode, TestGate
from tests.lib.pulling import entries

Signatures = list[dict[str, Any]]


def other_bytes(found: Signatures) -> None:
    found[1]["signature"] = "A" * len(found[1]["signature"])


def the_first_once_more(found: Signatures) -> None:
    found[1] = found[0]


def the_first_under_the_others_name(found: Signatures) -> None:
    """The header of the second, the bytes of the first."""
    found[1] = {**found[1], "signature": found[0]["signature"]}


def left_out(found: Signatures) -> None:
    del found[1]


FORGED: dict[str, tuple[Callable[[Signatures], None], type[Exception]]] = {
    "other bytes": (other_bytes, SignatureBroken),
    "the first once more": (the_first_once_more, SignatureBroken),
    "the first under the other's name": (the_first_under_the_others_name, SignatureBroken),
    "left out": (left_out, NotSigned),
}


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> OnlineNodes:
    return open_online_nodes(tmp_path_factory.mktemp("forged") / "home", villages=())


@pytest.fixture
def nodes(signed: OnlineNodes) -> Any:
    """The signed pair, whose agreements are put right again afterwards."""
    kept = {party: signed.of(party).agreement / "signatures.json" for party in Party}
    before = {party: path.read_bytes() for party, path in kept.items()}
    yield signed
    for party, path in kept.items():
        path.write_bytes(before[party])


def forge(nodes: OnlineNodes, change: Callable[[Signatures], None]) -> None:
    for party in Party:
        path = nodes.of(party).agreement / "signatures.json"
        value = json.loads(path.read_bytes())
        change(value["signatures"])
        path.write_bytes(canonical_json.dumps(value))


@pytest.mark.pasal("13")
@pytest.mark.parametrize("second", FORGED)
def test_nodes_are_not_set_up_for_each_other(nodes: OnlineNodes, second: str) -> None:
    change, kind = FORGED[second]
    forge(nodes, change)
    with in_home(nodes.folder), pytest.raises(kind):
        pair.set_up(has_any_port=True)


@pytest.mark.pasal("13")
@pytest.mark.parametrize("second", FORGED)
def test_a_node_does_not_start_and_says_what_is_wrong(nodes: OnlineNodes, second: str) -> None:
    change, kind = FORGED[second]
    forge(nodes, change)
    with in_home(nodes.folder), pytest.raises(kind):
        processes.start(Role.DESA, [processes.Name.API])


@pytest.mark.pasal("7(1)", "13")
@pytest.mark.parametrize("second", FORGED)
def test_a_node_that_had_started_answers_nothing_any_more(nodes: OnlineNodes, second: str) -> None:
    """Nothing at all: without an agreement there is nobody to whom an answer could be signed. Its log says why."""
    change, kind = FORGED[second]
    caller = Caller(nodes, "nowhere")
    node = PipelineNode(nodes.desa, TestGate(nodes.agreement.id), caller.issuer)
    assert node.answer(caller.token_request(caller.grant())).response.status == 200
    request = caller.token_request(caller.grant())
    before = len(entries(nodes.desa))
    forge(nodes, change)
    with pytest.raises(kind) as refused:
        node.answer(request)
    (entry,) = entries(nodes.desa)[before:]
    assert (entry["type"], entry["code"]) == ("call.refused", refused.value.code)  # type: ignore[attr-defined]
