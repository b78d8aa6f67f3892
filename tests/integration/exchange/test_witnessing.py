"""Each node witnesses the other's log: with the peer there, away, back, and with one that has seen something else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tenun.agreement import base64url
from tenun.agreement.vocabulary import Party
from tenun.exchange import witnessing
from tenun.exchange.journal import Journal
from tenun.exchange.station import log_origin, pinned_log_keys
from tenun.exchange.witnessing import PeerLogForked, Policy, Unwitnessed
from tenun.transparency_log import checkpoint, proof
from tenun.transparency_log.cosignature import Cosigner
from tenun.transparency_log.errors import NoteInvalid
from tenun.transparency_log.folder import LogFolder
from tenun.transparency_log.log import Log
from tenun.transparency_log.witness import Witness
from tests.lib.two_nodes import Nodes, revise

Post = Callable[[str, bytes], tuple[int, bytes]]


def peer_of(nodes: Nodes, party: Party) -> Post:
    """The other node's `add-checkpoint`, without a network."""
    watching = witnessing.witness_of(nodes.of(party.other), nodes.agreement)

    def post(path: str, body: bytes) -> tuple[int, bytes]:
        assert path == witnessing.PATH
        answer = watching.add_checkpoint(body)
        return answer.status, answer.body

    return post


def away(path: str, body: bytes) -> tuple[int, bytes]:
    raise ConnectionRefusedError


def write(nodes: Nodes, count: int, party: Party = Party.DESA) -> None:
    book = Journal(nodes.of(party))
    for number in range(count):
        book.write("test.entry", number=number)


def keep(nodes: Nodes, post: Post, party: Party = Party.DESA, **policy: timedelta) -> witnessing.Status:
    return witnessing.keep_witnessed(nodes.of(party), nodes.agreement, post, policy=Policy(**policy))


@pytest.mark.parametrize("party", list(Party))
def test_with_the_peer_there_everything_is_witnessed(nodes: Nodes, party: Party) -> None:
    write(nodes, 3, party)
    found = keep(nodes, peer_of(nodes, party), party)
    assert (found.size, found.witnessed, found.unwitnessed, found.since, found.problem) == (3, 3, 0, None, None)
    write(nodes, 300, party)
    assert keep(nodes, peer_of(nodes, party), party).witnessed == 303


@pytest.mark.pasal("3(1)b")
def test_a_proof_then_shows_a_third_party_that_the_peer_saw_the_log(nodes: Nodes) -> None:
    write(nodes, 5)
    keep(nodes, peer_of(nodes, Party.DESA))
    log = Log(nodes.desa.log, nodes.desa.log_signer())
    entry = log.files.entry(2, size=5)
    text = log.prove(2, is_cosigned=True)
    _, state = proof.verify(
        text,
        entry=entry,
        verifiers=pinned_log_keys(nodes.agreement, Party.DESA),
        witnesses=witnessing.pinned_witnesses(nodes.agreement, Party.NAKER),
    )
    assert (state.size, state.origin) == (5, log_origin(Party.DESA))


@pytest.mark.pasal("3(1)b")
@pytest.mark.parametrize("is_pinned", [True, False])
def test_a_witness_may_sign_with_an_ml_dsa_key_that_the_agreement_pins(
    nodes: Nodes, tmp_path: Path, is_pinned: bool
) -> None:
    key, other = MLDSA44PrivateKey.generate(), MLDSA44PrivateKey.generate()

    def pin(document: dict[str, Any]) -> None:
        (naker,) = (party for party in document["parties"] if party["role"] == "naker")
        pinned = (key if is_pinned else other).public_key().public_bytes_raw()
        naker["node"]["witness_ml_dsa_44"] = [base64url.encode(pinned)]

    revise(nodes, tmp_path / "revised", pin)
    write(nodes, 3)
    cosigner = Cosigner(witnessing.witness_name(Party.NAKER), key)
    logs = {log_origin(Party.DESA): pinned_log_keys(nodes.agreement, Party.DESA)}
    watching = Witness(tmp_path / "witness", cosigner, logs=logs)

    def post(_path: str, body: bytes) -> tuple[int, bytes]:
        answer = watching.add_checkpoint(body)
        return answer.status, answer.body

    assert keep(nodes, post).witnessed == (3 if is_pinned else 0)


def test_without_news_nobody_is_asked(nodes: Nodes) -> None:
    write(nodes, 1)
    keep(nodes, peer_of(nodes, Party.DESA))

    def never(path: str, body: bytes) -> tuple[int, bytes]:
        raise AssertionError

    assert keep(nodes, never).unwitnessed == 0


def test_with_the_peer_away_entries_are_counted_told_and_stop_nothing_unless_stated(nodes: Nodes) -> None:
    write(nodes, 2)
    keep(nodes, peer_of(nodes, Party.DESA))
    nodes.later(hours=1)
    write(nodes, 4)
    made = nodes.clock.now()
    found = keep(nodes, away)
    assert (found.unwitnessed, found.since, found.is_late) == (4, made, False)
    assert found.problem == "exchange.unreachable.ConnectionRefusedError"
    nodes.later(minutes=15, seconds=-1)
    assert not keep(nodes, away).is_late
    nodes.later(seconds=1)
    assert keep(nodes, away).is_late
    nodes.later(days=30)
    assert not keep(nodes, away).must_stop
    witnessing.require_witnessed(nodes.desa, nodes.agreement, Policy())


def test_where_a_time_is_stated_data_stop_then_and_go_on_by_themselves_when_the_peer_is_back(nodes: Nodes) -> None:
    stated = Policy(stop_after=timedelta(hours=4))
    write(nodes, 1)
    nodes.later(hours=4, seconds=-1)
    witnessing.require_witnessed(nodes.desa, nodes.agreement, stated)
    nodes.later(seconds=1)
    with pytest.raises(Unwitnessed) as refused:
        witnessing.require_witnessed(nodes.desa, nodes.agreement, stated)
    assert refused.value.retryable
    found = keep(nodes, peer_of(nodes, Party.DESA))
    assert (found.unwitnessed, found.problem, found.must_stop) == (0, None, False)
    witnessing.require_witnessed(nodes.desa, nodes.agreement, stated)


def test_a_peer_that_refuses_without_reason_is_told_as_a_problem_and_not_as_a_contradiction(nodes: Nodes) -> None:
    write(nodes, 1)
    found = keep(nodes, lambda path, body: (500, b"oops\n"))
    assert (found.problem, found.is_contradicted) == ("log.witness_refused", False)


def test_a_signature_by_someone_else_does_not_count(nodes: Nodes) -> None:
    write(nodes, 1)
    # Our own key, in the place of the peer's.
    cosigner = Cosigner(witnessing.witness_name(Party.NAKER), nodes.desa.log_signer().private_key)
    logs = {log_origin(Party.DESA): pinned_log_keys(nodes.agreement, Party.DESA)}
    forged = Witness(nodes.folder / "forged", cosigner, logs=logs)

    def post(path: str, body: bytes) -> tuple[int, bytes]:
        answer = forged.add_checkpoint(body)
        return answer.status, answer.body

    found = keep(nodes, post)
    assert (found.witnessed, found.problem) == (0, "log.note_invalid")


@pytest.mark.pasal("7(1)")
def test_a_log_that_was_put_back_and_went_on_otherwise_is_contradicted_by_its_witness(nodes: Nodes) -> None:
    write(nodes, 2)
    earlier = nodes.folder / "backup"
    shutil.copytree(nodes.desa.log, earlier)
    write(nodes, 2)
    keep(nodes, peer_of(nodes, Party.DESA))
    shutil.rmtree(nodes.desa.log)
    shutil.copytree(earlier, nodes.desa.log)
    nodes.later(hours=1)
    write(nodes, 2)  # as many as there were, and others
    found = keep(nodes, peer_of(nodes, Party.DESA))
    assert (found.witnessed, found.is_contradicted) == (0, True)
    assert witnessing.has_peer_forked(nodes.naker, nodes.agreement)


def test_a_checkpoint_that_is_heard_is_compared_with_what_was_signed(nodes: Nodes) -> None:
    write(nodes, 2)
    earlier = nodes.folder / "backup"
    shutil.copytree(nodes.desa.log, earlier)
    write(nodes, 1)
    keep(nodes, peer_of(nodes, Party.DESA))
    signed = LogFolder(nodes.desa.log).checkpoint() or b""
    witnessing.hear(nodes.naker, nodes.agreement, signed)
    nodes.later(hours=1)
    other = Log(earlier, nodes.desa.log_signer())
    other.append(b"another third entry")
    fork = other.files.checkpoint() or b""
    assert checkpoint.verify(fork, verifiers=pinned_log_keys(nodes.agreement, Party.DESA)).size == 3
    assert not witnessing.has_peer_forked(nodes.naker, nodes.agreement)
    with pytest.raises(PeerLogForked) as refused:
        witnessing.hear(nodes.naker, nodes.agreement, fork)
    assert refused.value.parts == {"party": "desa", "size": 3}
    assert witnessing.has_peer_forked(nodes.naker, nodes.agreement)


def test_a_checkpoint_of_nobodys_is_not_heard(nodes: Nodes) -> None:
    write(nodes, 1, Party.NAKER)
    signed = LogFolder(nodes.naker.log).checkpoint() or b""
    with pytest.raises(NoteInvalid):
        witnessing.hear(nodes.naker, nodes.agreement, signed)


def test_a_note_of_the_last_attempt_that_is_damaged_hides_nothing(nodes: Nodes) -> None:
    write(nodes, 1)
    keep(nodes, away)
    (nodes.desa.exchange / "witnessing.json").write_bytes(b"{")
    found = witnessing.status(nodes.desa, nodes.agreement)
    assert (found.unwitnessed, found.problem) == (1, None)
