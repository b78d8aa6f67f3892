"""The outside of a pack: one age file for one recipient. Streams both ways; memory does not grow with the pack."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import pyrage

from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import Party
from tenun.exchange.refusals import FileUnreadable, NotForThisNode, PackDamaged, RecipientMissing


def recipient(agreement: Agreement, party: Party) -> pyrage.x25519.Recipient:
    """The party's encryption key, as pinned by the agreement."""
    pinned = agreement.parties[party].age_recipient
    if pinned is None:
        raise RecipientMissing(party=str(party))
    return pyrage.x25519.Recipient.from_str(pinned)


def close(content: io.RawIOBase, target: BinaryIO, *, to: pyrage.x25519.Recipient) -> None:
    pyrage.encrypt_io(content, target, [to])


def open_into(path: Path, sink: io.RawIOBase, *, identity: pyrage.x25519.Identity, party: Party) -> None:
    """Write what is inside to `sink`, whose own errors come through unchanged.

    Each piece is authentic when it is written; that the file is whole is known only on return.
    """
    try:
        with path.open("rb") as source:
            pyrage.decrypt_io(source, sink, [identity])
    except pyrage.DecryptError as problem:
        if "No matching keys" in str(problem) or "MAC" in str(problem):
            raise NotForThisNode(party=str(party)) from problem
        raise FileUnreadable() from problem
    except OSError as problem:
        if problem.errno is None:  # age's own word for a piece that does not authenticate
            raise PackDamaged() from problem
        raise FileUnreadable() from problem


class _Enough(Exception):
    """The first piece came out: the key fits."""


class _FirstPiece(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        raise _Enough


def is_for(path: Path, *, identity: pyrage.x25519.Identity, party: Party) -> bool:
    """Whether this key opens the file."""
    try:
        open_into(path, _FirstPiece(), identity=identity, party=party)
    except _Enough:
        return True
    except (NotForThisNode, PackDamaged):
        return False
    return True
