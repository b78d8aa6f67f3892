"""An agreement that both signed and that says less in one place: the call that rests on that place is refused.

Each case alters one term of the draft before it is signed, and makes the call that the draft itself permits. The caller
does not ask its own agreement first: the other party's node is the one to refuse, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tenun.agreement import party_jwk, party_keys
from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange.client import Client
from tenun.exchange.client.refusals import Refused
from tests.integration.exchange.client.conftest import Waits, connected
from tests.lib.pipeline_node import PipelineNode, TestGate
from tests.lib.provider_server import serving
from tests.lib.pulling import entries
from tests.lib.two_nodes import Nodes, person, publish_residents, revise

VILLAGE = "53.17.01.2001"
PEOPLE = {
    "dataset": "sid-warga",
    "purpose": "pemadanan",
    "fields": ["birth_date", "full_name", "nik", "person_id", "village_code"],
}
Document = dict[str, Any]


def permission(document: Document, uid: str) -> Document:
    return next(one for one in document["permissions"] if one["uid"] == uid)


def constraint(document: Document, uid: str, operand: str) -> Document:
    return next(one for one in permission(document, uid)["constraint"] if one["leftOperand"] == operand)


BULK = "warga-lewat-api-untuk-pemadanan"


def nothing(document: Document) -> None:
    document["number"]["label"] = "PKS yang sama"


def no_dataset(document: Document) -> None:
    document["datasets"] = [one for one in document["datasets"] if one["id"] != "sid-warga"]
    document["permissions"] = [one for one in document["permissions"] if one["target"] != "sid-warga"]


def no_operation(document: Document) -> None:
    permission(document, BULK)["action"] = ["delta", "event"]


def other_purpose(document: Document) -> None:
    document["permissions"] = [one for one in document["permissions"] if one["uid"] != BULK]


def no_field(document: Document) -> None:
    found = constraint(document, BULK, "field")
    found["rightOperand"] = [name for name in found["rightOperand"] if name != "nik"]


def forbidden_field(document: Document) -> None:
    document["prohibitions"][0]["constraint"][0]["rightOperand"].append("pemadanan")


def over(document: Document) -> None:
    document["term"] |= {"start": "2020-07-23T00:00:00+07:00", "end": "2023-07-23T00:00:00+07:00"}


def not_yet(document: Document) -> None:
    document["term"] |= {"start": "2027-07-23T00:00:00+07:00", "end": "2030-07-23T00:00:00+07:00"}


def once_a_day(document: Document) -> None:
    constraint(document, BULK, "frequency")["rightOperand"] = "R1/P1D"


def only_the_old(document: Document) -> None:
    dataset = next(one for one in document["datasets"] if one["id"] == "sid-warga")
    condition = next(one for one in dataset["row_scope"]["conditions"] if one["column"] == "age_years")
    assert condition["operator"] == "gteq"
    condition["value"] = 60


# What is altered, and the refusal's name, status and reason in the provider's log.
CASES: dict[str, tuple[Callable[[Document], None], str, str]] = {
    "dataset": (no_dataset, "dataset-not-covered", "agreement.dataset_not_covered"),
    "operation": (no_operation, "purpose-not-permitted", "agreement.purpose_not_permitted"),
    "purpose": (other_purpose, "purpose-not-permitted", "agreement.purpose_not_permitted"),
    "field": (no_field, "field-not-permitted", "agreement.field_not_permitted"),
    "classification": (
        forbidden_field, "field-not-permitted", "agreement.prohibited.pengenal-di-luar-pemadanan"
    ),
    "term that is over": (over, "agreement-not-in-force", "agreement.term_over"),
    "term that has not begun": (not_yet, "agreement-not-in-force", "agreement.not_yet_in_force"),
}  # fmt: skip
NAMED = {"field": ["nik"], "classification": ["birth_date", "full_name", "nik"]}


class Scene:
    """The provider under agreements of a test's making, and a caller that does not ask its own before it asks."""

    def __init__(self, nodes: Nodes, folder: Path, waits: Waits) -> None:
        self.nodes, self.folder, self.waits = nodes, folder, waits
        publish_residents(nodes.desa.lake, VILLAGE, 40)

    @contextmanager
    def under(self, change: Callable[[Document], None]) -> Iterator[Client]:
        """The agreement with a change in force at both, and a client that goes by it."""
        revise(self.nodes, self.folder / change.__name__, change)
        issuer = self.nodes.agreement.parties[Party.DESA].node.issuer
        provider = PipelineNode(self.nodes.desa, TestGate(self.nodes.agreement.id), issuer)
        with serving(provider) as address:  # type: ignore[arg-type]
            with closing(connected(self.nodes, provider, address, self.waits)) as client:  # type: ignore[arg-type]
                yield client

    def refusals(self) -> list[dict[str, Any]]:
        return [one for one in entries(self.nodes.desa) if one["type"] in ("call.refused", "token.refused")]


@pytest.fixture
def scene(nodes: Nodes, tmp_path: Path, waits: Waits) -> Scene:
    return Scene(nodes, tmp_path, waits)


def export(client: Client) -> int:
    """Rows of a whole export."""
    _, manifest = client.export(**PEOPLE, area="53.17.01")
    return sum(file.rows for file in manifest.files)


def test_the_call_is_permitted_where_nothing_of_weight_is_altered(scene: Scene) -> None:
    with scene.under(nothing) as client:
        assert export(client) > 0
    assert scene.refusals() == []


@pytest.mark.pasal("7(1)", "6(1)", "13")
@pytest.mark.parametrize("operand", CASES)
def test_a_mutated_agreement_refuses_the_call_that_rests_on(scene: Scene, operand: str) -> None:
    change, problem, reason = CASES[operand]
    with scene.under(change) as client, pytest.raises(Refused) as refused:
        export(client)
    document = refused.value.document
    assert (refused.value.type, refused.value.status) == (problem, 403)
    assert document.get("fields") == NAMED.get(operand)
    (entry,) = scene.refusals()
    assert reason in entry["decision"]["reasons"]
    assert entry["decision"]["id"] == document["decision"]
    assert not any(one["type"] == "call.opened" for one in entries(scene.nodes.desa))


@pytest.mark.pasal("7(1)")
def test_the_agreed_frequency_is_counted_at_the_provider(scene: Scene) -> None:
    with scene.under(once_a_day) as client:
        assert export(client) > 0
        with pytest.raises(Refused) as refused:
            export(client)
        assert refused.value.type == "frequency-exceeded"
        scene.waits.nodes.later(days=1, seconds=1)
        assert export(client) > 0


@pytest.mark.pasal("7(1)")
def test_rows_beyond_the_agreed_scope_are_not_given(scene: Scene) -> None:
    people = [person(VILLAGE, number) for number in range(40)]
    adult = next(one for one in people if one["nik"] and 15 <= one["age_years"] < 60 and one["life_status"] == "alive")
    asked = {
        "dataset": "sid-warga",
        "purpose": "pemadanan",
        "fields": ["person_id"],
        "person": {"nik": adult["nik"]},
        "ticket": "TIKET/1",
    }
    with scene.under(nothing) as client:
        assert client.subject(**asked)["answer"] == "yes"
        everyone = export(client)
    with scene.under(only_the_old) as client:
        assert client.subject(**asked)["answer"] == "no"
        assert 0 < export(client) < everyone


@pytest.mark.pasal("7(1)", "13")
def test_a_token_of_before_does_not_outlive_the_revision_it_was_given_under(scene: Scene) -> None:
    with scene.under(nothing) as client:
        job = client.begin_export(**PEOPLE, area="53.17.01")
        revise(scene.nodes, scene.folder / "narrower", no_field)
        with pytest.raises(Refused) as refused:
            client.wait(job)
    assert refused.value.type == "agreement-revision-stale"
    assert refused.value.document["rev"] == scene.nodes.agreement.rev


@pytest.mark.pasal("14")
def test_a_partys_key_that_an_act_has_replaced_signs_no_call_any_more(scene: Scene) -> None:
    nodes = scene.nodes
    with scene.under(nothing) as client:
        assert client.catalogue()
        old = party_keys.private(nodes.naker.keys, KeyUse.MESSAGE).thumbprint()
        new = party_jwk.generate()
        chain = Chain(nodes.naker.acts, agreement=nodes.naker.agreement, own_keys=nodes.naker.keys, clock=nodes.clock)
        body = {"reason": "rotation", "old": old, "key": {"use": "message", "jwk": party_jwk.public_jwk(new)}}
        act = chain.act(Kind.KEY_CHANGE, by=Party.NAKER, keys=nodes.naker.keys, body=body, new_key=new)
        taken = Chain(nodes.desa.acts, agreement=nodes.desa.agreement, own_keys=nodes.desa.keys, clock=nodes.clock)
        taken.take(act.signed.content)
        nodes.later(seconds=1)
        with pytest.raises(Refused) as refused:
            client.catalogue()
    assert refused.value.type == "signature-invalid"
    assert scene.refusals()[-1]["code"] == "exchange.message_key_unknown"
