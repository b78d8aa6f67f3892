"""The chain on disk: append-only, idempotent, and loud about every byte that is not what was written."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from tenun.agreement import party_keys, signing
from tenun.agreement.acts import act as acts
from tenun.agreement.acts import refusals
from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.acts.ledger import Entry
from tenun.agreement.acts.reading import Reader
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.kernel import canonical_json
from tenun.kernel.clock import FixedClock
from tests.lib.agreement_acts import BODIES, DESA, NAKER, NOW, Nodes, open_nodes
from tests.lib.agreement_drafts import InForce, in_force


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> InForce:
    return in_force(tmp_path_factory.mktemp("homes"))


@pytest.fixture
def nodes(homes: InForce, tmp_path: Path) -> Nodes:
    return open_nodes(tmp_path / "nodes", of=homes)


def another(nodes: Nodes, party: Party) -> Chain:
    """The same chain, as another process would open it."""
    home = nodes.homes.homes[party]
    return Chain(home / "acts", agreement=home / "agreement", own_keys=home / "keys", clock=nodes.clock)


def test_an_act_is_a_file_named_by_its_bytes(nodes: Nodes) -> None:
    entry = nodes.act(DESA, Kind.NOTICE)
    file = nodes.chains[DESA].folder / f"{entry.hash}.json"
    assert file.read_bytes() == entry.signed.content
    assert canonical_json.sha256_file(file) == entry.hash
    assert another(nodes, DESA).heads() == (entry.hash,)


def test_the_first_act_follows_the_agreement_and_each_next_one_the_heads(nodes: Nodes) -> None:
    first, second = nodes.act(DESA, Kind.NOTICE), nodes.act(DESA, Kind.NOTICE)
    assert first.signed.act.previous == (nodes.agreement.rev,)
    assert second.signed.act.previous == (first.hash,)
    assert nodes.chains[NAKER].heads() == (nodes.agreement.rev,)


def test_acts_made_apart_are_joined_by_the_next_one(nodes: Nodes) -> None:
    ours, theirs = nodes.act(DESA, Kind.NOTICE), nodes.act(NAKER, Kind.NOTICE)
    nodes.deliver()
    assert nodes.chains[DESA].heads() == nodes.chains[NAKER].heads() == tuple(sorted((ours.hash, theirs.hash)))
    joined = nodes.act(DESA, Kind.NOTICE)
    assert joined.signed.act.previous == tuple(sorted((ours.hash, theirs.hash)))
    assert nodes.chains[DESA].heads() == (joined.hash,)


def test_both_nodes_list_the_acts_in_the_same_order(nodes: Nodes) -> None:
    for _ in range(3):
        nodes.act(DESA, Kind.NOTICE)
        nodes.act(NAKER, Kind.ME_REPORT)
        nodes.later(seconds=1)
    nodes.deliver()
    assert [one.hash for one in nodes.chains[DESA].all()] == [one.hash for one in nodes.chains[NAKER].all()]


def test_taking_an_act_twice_changes_nothing(nodes: Nodes) -> None:
    content = nodes.act(DESA, Kind.NOTICE).signed.content
    assert nodes.chains[NAKER].take(content).is_new
    assert not nodes.chains[NAKER].take(content).is_new
    assert len(nodes.chains[NAKER].all()) == 1


def test_an_act_whose_predecessor_is_not_here_waits_for_it(nodes: Nodes) -> None:
    first, second = nodes.act(DESA, Kind.NOTICE), nodes.act(DESA, Kind.NOTICE)
    with pytest.raises(refusals.ActPredecessorMissing) as refused:
        nodes.chains[NAKER].take(second.signed.content)
    assert refused.value.retryable
    assert refused.value.parts["missing"] == first.hash[:12]
    taken = nodes.chains[NAKER].take_all([second.signed.content, first.signed.content])
    assert [one.entry.hash for one in taken] == [first.hash, second.hash]
    nodes.act(DESA, Kind.NOTICE)
    fourth = nodes.act(DESA, Kind.NOTICE)
    with pytest.raises(refusals.ActPredecessorMissing):
        nodes.chains[NAKER].take_all([fourth.signed.content])


def test_the_same_act_with_other_signatures_is_refused(nodes: Nodes) -> None:
    entry = nodes.act(DESA, Kind.NOTICE)
    nodes.deliver()
    unsigned = acts.SignedAct(entry.signed.act, entry.signed.payload, ())
    key = party_keys.private(nodes.keys(DESA), KeyUse.AGREEMENT)
    again = acts.sign(unsigned, key, at=NOW.replace(second=30))
    with pytest.raises(refusals.ActTakenOtherwise):
        nodes.chains[NAKER].take(again.content)


def test_a_node_that_was_put_back_to_yesterday_cannot_go_on_as_if_nothing_were(nodes: Nodes, tmp_path: Path) -> None:
    first = nodes.act(DESA, Kind.NOTICE)
    shutil.copytree(nodes.chains[DESA].folder, tmp_path / "backup")
    nodes.act(DESA, Kind.NOTICE)
    nodes.deliver()
    shutil.rmtree(nodes.chains[DESA].folder)
    shutil.copytree(tmp_path / "backup", nodes.chains[DESA].folder)
    restored = another(nodes, DESA)
    assert restored.heads() == (first.hash,)
    nodes.later(minutes=1)
    forked = restored.act(Kind.ME_REPORT, by=DESA, keys=nodes.keys(DESA), body=BODIES[Kind.ME_REPORT])
    with pytest.raises(refusals.ActForked):
        nodes.chains[NAKER].take(forked.signed.content)


def test_an_act_that_skips_a_head_it_names_beside_is_refused(nodes: Nodes) -> None:
    first, second = nodes.act(DESA, Kind.NOTICE), nodes.act(DESA, Kind.NOTICE)
    nodes.deliver()
    for previous in ([first.hash, second.hash], [nodes.agreement.rev, second.hash]):
        drawn = acts.compose(
            Kind.NOTICE,
            agreement=nodes.agreement.id,
            rev=nodes.agreement.rev,
            by=DESA,
            previous=previous,
            made_at=NOW,
            body=BODIES[Kind.NOTICE],
        )
        signed = acts.sign(drawn, party_keys.private(nodes.keys(DESA), KeyUse.AGREEMENT), at=NOW)
        with pytest.raises(refusals.ActPredecessorsNotHeads):
            nodes.chains[NAKER].take(signed.content)


def test_time_does_not_run_backwards_along_the_chain(nodes: Nodes) -> None:
    nodes.later(seconds=30)
    ahead = nodes.act(DESA, Kind.NOTICE)
    # The other clock is half a minute behind: what follows still follows.
    behind = FixedClock(NOW)
    home = nodes.homes.homes[NAKER]
    chain = Chain(home / "acts", agreement=home / "agreement", own_keys=home / "keys", clock=behind)
    chain.take(ahead.signed.content)
    after = chain.act(Kind.NOTICE, by=NAKER, keys=nodes.keys(NAKER), body=BODIES[Kind.NOTICE])
    assert after.signed.act.made_at == ahead.signed.act.made_at
    early = acts.compose(
        Kind.NOTICE,
        agreement=nodes.agreement.id,
        rev=nodes.agreement.rev,
        by=NAKER,
        previous=[after.hash],
        made_at=NOW,
        body=BODIES[Kind.NOTICE],
    )
    signed = acts.sign(early, party_keys.private(nodes.keys(NAKER), KeyUse.AGREEMENT), at=NOW)
    with pytest.raises(refusals.ActOutOfOrder):
        chain.take(signed.content)


@pytest.mark.parametrize(("seconds", "is_taken"), [(60, True), (61, False)])
def test_an_act_from_a_clock_far_ahead_is_taken_later(nodes: Nodes, seconds: int, is_taken: bool) -> None:
    nodes.later(seconds=seconds)
    content = nodes.act(DESA, Kind.SHUT_OFF).signed.content
    nodes.clock.moment = NOW
    if is_taken:
        entry = nodes.chains[NAKER].take(content).entry
        # Closed at once, though by the maker's clock it is not time yet.
        assert nodes.chains[NAKER].state(NOW).is_closed()
        assert entry.takes_effect > NOW
    else:
        with pytest.raises(refusals.ActFromTheFuture) as refused:
            nodes.chains[NAKER].take(content)
        assert refused.value.retryable


# --- damage ------------------------------------------------------------------------------------------------------


def _damage(folder: Path, how: str, name: str) -> None:
    file = folder / f"{name}.json"
    content = file.read_bytes()
    match how:
        case "flip":
            file.write_bytes(content.replace(b"notice", b"Notice", 1))
        case "cut":
            file.write_bytes(content[:-1])
        case "remove":
            file.unlink()
        case "rename":
            file.rename(folder / f"{'0' * 64}.json")
        case "stranger":
            (folder / f"{'0' * 64}.json").write_bytes(content)


@pytest.mark.parametrize("how", ["flip", "cut", "remove", "rename", "stranger"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_damaged_chain_answers_nothing(nodes: Nodes, how: str, which: int) -> None:
    names = [nodes.act(DESA, Kind.NOTICE).hash for _ in range(3)]
    chain = nodes.chains[DESA]
    _damage(chain.folder, how, names[which])
    with pytest.raises(refusals.ChainDamaged):
        another(nodes, DESA).ledger()
    with pytest.raises(refusals.ChainDamaged):
        chain.verify()
    if how in ("remove", "rename", "stranger"):  # a changed list of names is noticed without being asked to verify
        with pytest.raises(refusals.ChainDamaged):
            chain.ledger()


def test_what_was_read_once_is_not_read_again_from_an_altered_file(nodes: Nodes) -> None:
    entry = nodes.act(DESA, Kind.SHUT_OFF)
    chain = nodes.chains[DESA]
    (chain.folder / f"{entry.hash}.json").write_bytes(b"{}")
    assert chain.state().is_closed()


def test_an_unlawful_act_that_someone_put_into_the_folder_stops_the_node(nodes: Nodes) -> None:
    nodes.act(DESA, Kind.NOTICE)
    drawn = acts.compose(
        Kind.SHUT_OFF,
        agreement=nodes.agreement.id,
        rev=nodes.agreement.rev,
        by=NAKER,
        previous=nodes.chains[DESA].heads(),
        made_at=NOW,
        body=BODIES[Kind.SHUT_OFF],
    )
    forged = acts.sign(drawn, party_keys.private(nodes.keys(DESA), KeyUse.AGREEMENT), at=NOW)
    (nodes.chains[DESA].folder / f"{forged.hash}.json").write_bytes(forged.content)
    with pytest.raises(refusals.ChainDamaged) as refused:
        nodes.chains[DESA].ledger()
    assert refused.value.parts["reason"] == "agreement.act.signature_surplus"


def test_a_chain_of_another_document_is_not_mixed_up_with_this_one(nodes: Nodes, tmp_path: Path) -> None:
    entry = nodes.act(DESA, Kind.NOTICE)
    other = open_nodes(tmp_path / "others")
    folder = other.chains[DESA].folder
    folder.mkdir()
    (folder / f"{entry.hash}.json").write_bytes(entry.signed.content)
    with pytest.raises(refusals.ChainOfAnotherRevision):
        other.chains[DESA].ledger()


def test_without_a_folder_the_signed_document_alone_counts(nodes: Nodes) -> None:
    state = nodes.chains[DESA].state()
    assert not nodes.chains[DESA].folder.exists()
    assert (state.heads, state.rev, state.is_in_force) == ((), nodes.agreement.rev, True)
    assert (state.begins, state.ends) == (nodes.agreement.term.start, nodes.agreement.term.end)


def test_an_agreement_that_does_not_verify_has_no_chain(nodes: Nodes) -> None:
    folder = nodes.homes.folder(DESA)
    signatures = json.loads((folder / "signatures.json").read_bytes())
    signatures["signatures"].pop()
    (folder / "signatures.json").write_bytes(canonical_json.dumps(signatures))
    with pytest.raises(signing.NotSigned):
        nodes.chains[DESA].ledger()


# --- who is told -------------------------------------------------------------------------------------------------


def test_whoever_listens_is_told_of_every_act_once_it_is_on_disk(nodes: Nodes) -> None:
    told: list[str] = []

    def listen(entry: Entry) -> None:
        assert (nodes.chains[DESA].folder / f"{entry.hash}.json").exists()
        told.append(entry.hash)

    home = nodes.homes.homes[DESA]
    silent = nodes.act(DESA, Kind.NOTICE)
    chain = Chain(
        home / "acts", agreement=home / "agreement", own_keys=home / "keys", clock=nodes.clock, on_appended=listen
    )
    loud = chain.act(Kind.NOTICE, by=DESA, keys=nodes.keys(DESA), body=BODIES[Kind.NOTICE])
    assert told == [silent.hash, loud.hash]
    assert chain.report() == 0


def test_an_act_stands_although_the_log_could_not_be_told_and_is_told_later(nodes: Nodes) -> None:
    told: list[str] = []
    is_down = True

    def listen(entry: Entry) -> None:
        if is_down:
            raise OSError("no space")
        told.append(entry.hash)

    home = nodes.homes.homes[DESA]
    chain = Chain(
        home / "acts", agreement=home / "agreement", own_keys=home / "keys", clock=nodes.clock, on_appended=listen
    )
    with pytest.raises(refusals.ActNotReported) as refused:
        chain.act(Kind.SHUT_OFF, by=DESA, keys=nodes.keys(DESA), body=BODIES[Kind.SHUT_OFF])
    assert chain.state().is_closed()
    is_down = False
    assert chain.report() == 1
    assert told == [refused.value.parts["hash"]]
    assert chain.report() == 0


@pytest.mark.pasal("7(4)")
def test_closing_works_where_the_agreement_key_is_kept_elsewhere(nodes: Nodes) -> None:
    (nodes.keys(DESA) / "agreement.jwk").unlink()
    closed = nodes.act(DESA, Kind.SHUT_OFF)
    nodes.act(DESA, Kind.INCIDENT_REPORT)
    nodes.deliver()
    assert nodes.chains[NAKER].state().is_closed()
    with pytest.raises(party_keys.KeysMissing):
        nodes.act(DESA, Kind.REINSTATE, {"opens": [closed.hash], "reason": "Bersih."})


def test_threads_and_processes_add_to_one_chain(nodes: Nodes) -> None:
    def work() -> None:
        chain = another(nodes, DESA)
        for _ in range(5):
            chain.act(Kind.NOTICE, by=DESA, keys=nodes.keys(DESA), body=BODIES[Kind.NOTICE])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = another(nodes, DESA).all()
    assert [one.depth for one in entries] == list(range(1, 21))


# --- noticing cheaply --------------------------------------------------------------------------------------------


def test_asking_again_gives_the_same_ledger_until_something_changes(nodes: Nodes) -> None:
    nodes.act(DESA, Kind.NOTICE)
    home = nodes.homes.homes[DESA]
    reader = Reader(home / "agreement", home / "acts", own_keys=home / "keys")
    first = reader.ledger()
    assert reader.ledger() is first
    nodes.act(DESA, Kind.NOTICE)
    assert len(reader.ledger().entries) == 2
    second = reader.ledger()
    (home / "agreement" / "signatures.json").touch()
    assert reader.ledger() is not second


def test_many_quick_changes_are_all_noticed(nodes: Nodes) -> None:
    home = nodes.homes.homes[DESA]
    reader = Reader(home / "agreement", home / "acts", own_keys=home / "keys")
    reader.ledger()
    for count in range(1, 30):
        nodes.act(DESA, Kind.NOTICE)
        assert len(reader.ledger().entries) == count
