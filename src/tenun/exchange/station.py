"""One node, as far as handing data over needs to know it: whose it is, and where its things lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.errors import JoseError

from tenun.agreement import party_jwk, party_keys
from tenun.agreement.agreed import Agreement
from tenun.agreement.party_jwk import Key
from tenun.agreement.standing import Position, Standing
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange.refusals import KeyNotPinned, KeyUnavailable
from tenun.kernel.clock import Clock, SystemClock
from tenun.lake.store import Lake
from tenun.transparency_log.note import Signer, Verifier


@dataclass(frozen=True)
class Station:
    """Folders of a node:

    exchange/outbox/      packs to send            exchange/sent/      what was sent, by pack id
    exchange/inbox/       packs being checked      exchange/received/  what was taken in, by pack id
    exchange/receipts/    receipts, ours and theirs

    Trusted: `sent` and `received`. Whoever alters them can have a pack taken in twice or send under a
    used number; the logs of both parties show it.
    """

    party: Party
    lake: Lake
    keys: Path
    agreement: Path
    exchange: Path
    log: Path
    clock: Clock = field(default_factory=SystemClock)

    @property
    def acts(self) -> Path:
        """The signed acts on the agreement, as files."""
        return self.agreement.parent / "acts"

    @property
    def gate(self) -> Path:
        """What is shut off, and the page that every worker reads."""
        return self.agreement.parent / "gate"

    def position(self) -> Position:
        """The agreement and what its acts make of it, now. Raises what `agreement.signing.verify` raises."""
        return Standing(self.agreement, self.acts, own_keys=self.keys).at(self.clock.now())

    # --- our own keys ----------------------------------------------------------------------------

    def message_key(self, agreement: Agreement) -> Key:
        """The key that signs requests, answers, packs and receipts: ours, and the one the agreement names."""
        return self._pinned(agreement, KeyUse.MESSAGE)

    def client_key(self, agreement: Agreement) -> Key:
        """The key with which we authenticate at the other party's API."""
        return self._pinned(agreement, KeyUse.CLIENT)

    def _pinned(self, agreement: Agreement, use: KeyUse) -> Key:
        key = self._private(use)
        if key.thumbprint() not in pinned_keys(agreement, self.party, use):
            raise KeyNotPinned(key=str(use), party=str(self.party))
        return key

    def log_signer(self) -> Signer:
        material = self._private(KeyUse.LOG).private_key
        if not isinstance(material, Ed25519PrivateKey):
            raise KeyUnavailable(key=str(KeyUse.LOG))
        return Signer(log_origin(self.party), material)

    def age_identity(self) -> pyrage.x25519.Identity:
        """What opens packs sent to us."""
        try:
            return party_keys.age_identity(self.keys)
        except (party_keys.KeysMissing, OSError, pyrage.IdentityError) as problem:
            raise KeyUnavailable(key="age") from problem

    def _private(self, use: KeyUse) -> Key:
        try:
            return party_keys.private(self.keys, use)
        except (party_keys.KeysMissing, OSError, ValueError, JoseError) as problem:
            raise KeyUnavailable(key=str(use)) from problem


# --- what the agreement pins -----------------------------------------------------------------------


def log_origin(party: Party) -> str:
    """The name under which a party's node signs its log."""
    return f"{party}.tenun/log"


def pinned_keys(agreement: Agreement, party: Party, use: KeyUse) -> dict[str, Key]:
    """A party's keys for one use, by thumbprint, as the document has them (key changes come on top)."""
    keys = (party_jwk.public_key(jwk) for jwk in agreement.parties[party].keys_for(use))
    return {key.thumbprint(): key for key in keys}


def pinned_message_keys(agreement: Agreement, party: Party) -> dict[str, Key]:
    """A party's message keys by thumbprint."""
    return pinned_keys(agreement, party, KeyUse.MESSAGE)


def pinned_log_keys(agreement: Agreement, party: Party) -> list[Verifier]:
    verifiers = []
    for jwk in agreement.parties[party].keys_for(KeyUse.LOG):
        key = party_jwk.public_key(jwk).public_key
        assert isinstance(key, Ed25519PublicKey)  # the document's own check: a log is signed with Ed25519
        verifiers.append(Verifier(log_origin(party), key.public_bytes_raw()))
    return verifiers
