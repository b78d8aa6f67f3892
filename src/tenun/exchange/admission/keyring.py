"""The keys that count at a moment, ready to use: reading them anew for each call would cost more than the call."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from tenun.agreement.agreed import Agreement
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.exchange.station import Station, pinned_keys
from tenun.exchange.wire.keys import Key


class Keyring:
    """Both parties' keys as the agreement has them now, changes by acts included. Safe from any thread.

    Kept for one agreement in memory at a time: when its standing changes, all are read again.
    """

    def __init__(self, station: Station) -> None:
        self._station = station
        self._lock = threading.Lock()
        self._agreement: Agreement | None = None
        self._public: dict[tuple[Party, KeyUse], Mapping[str, Key]] = {}
        self._signing: Key | None = None

    def of(self, agreement: Agreement, party: Party, use: KeyUse) -> Mapping[str, Key]:
        """A party's public keys for one use, by thumbprint."""
        with self._lock:
            self._turn_to(agreement)
            found = self._public.get((party, use))
            if found is None:
                found = self._public[party, use] = pinned_keys(agreement, party, use)
            return found

    def signing(self, agreement: Agreement) -> Key:
        """The key that signs our answers and tokens.

        Raises `KeyUnavailable`, `KeyNotPinned`: then nothing is answered, for nobody would believe it.
        """
        with self._lock:
            self._turn_to(agreement)
            if self._signing is None:
                self._signing = self._station.message_key(agreement)
            return self._signing

    def _turn_to(self, agreement: Agreement) -> None:
        if self._agreement is not agreement:
            self._agreement, self._signing = agreement, None
            self._public = {}
