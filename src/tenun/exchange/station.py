"""One node, as far as handing data over needs to know it: whose it is, and where its things lie."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange.refusals import KeyNotPinned, KeyUnavailable
from tenun.kernel.clock import Clock, SystemClock
from tenun.lake.store import Lake
from tenun.transparency_log.note import Signer, Verifier

AGE_IDENTITY = "age.txt"


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

    # --- our own keys ----------------------------------------------------------------------------

    def message_key(self, agreement: Agreement) -> OKPKey:
        """The key that signs packs and receipts: ours, and the one the agreement names."""
        key = OKPKey.import_key(self._jwk(KeyUse.MESSAGE))
        if key.thumbprint() not in _thumbprints(agreement, self.party, KeyUse.MESSAGE):
            raise KeyNotPinned(key=str(KeyUse.MESSAGE), party=str(self.party))
        return key

    def log_signer(self) -> Signer:
        material = OKPKey.import_key(self._jwk(KeyUse.LOG)).private_key
        if not isinstance(material, Ed25519PrivateKey):
            raise KeyUnavailable(key=str(KeyUse.LOG))
        return Signer(log_origin(self.party), material)

    def age_identity(self) -> pyrage.x25519.Identity:
        """What opens packs sent to us."""
        try:
            lines = (self.keys / AGE_IDENTITY).read_text(encoding="utf-8").splitlines()
            secret = next(line.strip() for line in lines if line.strip() and not line.startswith("#"))
            return pyrage.x25519.Identity.from_str(secret)
        except (OSError, StopIteration, pyrage.IdentityError) as problem:
            raise KeyUnavailable(key="age") from problem

    def _jwk(self, use: KeyUse) -> Mapping[str, str]:
        try:
            value = json.loads((self.keys / f"{use}.jwk").read_bytes())
            OKPKey.import_key(value)
        except (OSError, ValueError, JoseError) as problem:
            raise KeyUnavailable(key=str(use)) from problem
        return {name: value[name] for name in ("kty", "crv", "x", "d")}


# --- what the agreement pins -----------------------------------------------------------------------


def log_origin(party: Party) -> str:
    """The name under which a party's node signs its log."""
    return f"{party}.tenun/log"


def pinned_message_keys(agreement: Agreement, party: Party) -> dict[str, OKPKey]:
    """A party's message keys by thumbprint."""
    keys = (OKPKey.import_key(dict(jwk)) for jwk in agreement.parties[party].keys_for(KeyUse.MESSAGE))
    return {key.thumbprint(): key for key in keys}


def pinned_log_keys(agreement: Agreement, party: Party) -> list[Verifier]:
    verifiers = []
    for jwk in agreement.parties[party].keys_for(KeyUse.LOG):
        public = OKPKey.import_key(dict(jwk)).public_key.public_bytes_raw()
        verifiers.append(Verifier(log_origin(party), public))
    return verifiers


def _thumbprints(agreement: Agreement, party: Party, use: KeyUse) -> set[str]:
    return {jwk["kid"] for jwk in agreement.parties[party].keys_for(use)}
