"""Puts a changed key in its place at the node whose key it is, once the act that changes it has taken effect."""

from __future__ import annotations

import json
from pathlib import Path

from tenun.agreement import party_jwk, party_keys
from tenun.agreement.acts.refusals import ActKeyNotOurs
from tenun.agreement.acts.state import State, kids
from tenun.agreement.party_jwk import Key
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.kernel import canonical_json
from tenun.kernel.durable import write_durably


def install(keys: Path, use: KeyUse, key: Key, *, party: Party, state: State) -> bool:
    """Make the key the node's own for that use; False where it is that already. The old one is kept beside it.

    Raises `ActKeyNotOurs` unless the agreement, as it stands in `state`, names the key for this party and use.
    """
    kid = key.thumbprint()
    if kid not in kids(state.keys, party, use):
        raise ActKeyNotOurs(party=party.value)
    known = party_keys.public(keys)
    if known.kid(use) == kid and (keys / f"{use}.jwk").exists():
        return False
    old = keys / f"{use}.jwk"
    if old.exists():
        write_durably(keys / f"retired-{use}-{known.kid(use)[:12]}.jwk", old.read_bytes())
    write_durably(old, json.dumps(key.as_dict(private=True)).encode())
    named = [
        {"use": use.value, "jwk": party_jwk.public_jwk(key)} if one["use"] == use else dict(one) for one in known.keys
    ]
    document = {"keys": named, "age_recipient": known.age_recipient}
    write_durably(keys / party_keys.PUBLIC, canonical_json.dumps(document))
    return True
