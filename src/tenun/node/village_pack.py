"""A pack of one village's figures, made at this node: for the ministries as a preview, for others only when released.

Default deny: for an audience outside the ministries a pack holds the indicators that one release of both parties names
for this village and this audience today, and none without. Nothing is made while access is shut off (Pasal 7(4)).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from tenun.agreement.agreed import Agreement
from tenun.agreement.release.gate import release_of
from tenun.agreement.standing import Position
from tenun.agreement.vocabulary import KeyUse, Party
from tenun.disclosure.gates import OUTSIDE_RULE_VERSION
from tenun.exchange.station import pinned_keys
from tenun.indicators.results import Results
from tenun.indicators.sheet import pack
from tenun.indicators.sheet.pack import MINISTRIES, Audience, Cited, Pack, Verified
from tenun.kernel.clause import implements
from tenun.kernel.clock import Clock, SystemClock
from tenun.kernel.errors import TenunError
from tenun.node.chain import standing_of
from tenun.node.gate import Gatekeeper, RecordUnreadable
from tenun.node.home import NodeHome

VILLAGE_GOVERNMENT = "pemerintah-desa"
"""The audience's short name in acts of release."""


class NotReleased(TenunError):
    """Asked for an audience that no consent of both parties lets see any figure of this area."""

    code = "results.not_released"
    text_id = "Angka {area} tidak dirilis untuk {audience} (Pasal 7 ayat 2)."
    text_en = "No figure of {area} is released for {audience} (Pasal 7(2))."
    remedy_id = "Ajukan rilis; paket dapat dibuat setelah kedua PIHAK menyetujuinya secara tertulis."
    remedy_en = "Ask for a release; the pack can be made once both parties have consented in writing."


class NotMadeForOutside(TenunError):
    """The figures given are the ministries' own. Outside go figures with noise, made by the rules for outside."""

    code = "results.not_made_for_outside"
    text_id = "Angka potret ini dibuat dengan aturan {rule} untuk kedua kementerian, bukan {wanted} untuk pihak luar."
    text_en = "The figures of this snapshot follow the rule {rule} for the ministries, not {wanted} for outside."
    remedy_id = "Buatlah angka untuk pihak luar dari rilis itu, lalu kemas angka tersebut."
    remedy_en = "Make the figures for outside from that release, then pack those."


class MadeWhileShut(TenunError):
    """Access is shut off: nothing leaves."""

    code = "results.pack_while_shut"
    text_id = "Akses sedang diputus (Pasal 7 ayat 4), jadi paket tidak dibuat."
    text_en = "Access is shut off (Pasal 7(4)), so no pack is made."
    remedy_id = "Lihat halaman Pertukaran: apa yang diputus, sejak kapan, oleh siapa."
    remedy_en = "See the page Exchange: what is shut off, since when, by whom."


def make(
    home: NodeHome,
    results: Results,
    area_code: str,
    *,
    language: str,
    audience: str = MINISTRIES,
    may_see: Callable[[str], bool] = lambda _code: True,
    clock: Clock | None = None,
) -> Pack:
    """Pack and sign. `results` are the figures as that audience sees them.

    Raises `NotReleased`, `NotMadeForOutside`, `MadeWhileShut`, `AreaUnknown`, what `Station.message_key` raises, and
    what the agreement or a chain of acts raises that cannot be read: then there is no answer, and so no pack.
    """
    moment = (clock or SystemClock()).now()
    if is_shut(home):
        raise MadeWhileShut
    position = standing_of(home).at(moment)
    agreement = position.agreement
    for_whom, is_let = _for(position, results, area_code, audience, moment)
    if for_whom.release:
        # What lies above is told as far as the release has it: an area of its own, for the same indicators.
        may_see = partial(_is_released_whole, position, results, area_code, audience, moment)
    return pack.build(
        results,
        area_code,
        language=language,
        agreement=Cited(agreement.id, agreement.number, agreement.rev),
        made_by=str(home.role),
        key=home.station.message_key(agreement),
        audience=for_whom,
        may_see=may_see,
        has_indicator=is_let,
    )


def verify(content: bytes, agreement: Agreement) -> Verified:
    """Check a pack against the message keys that an agreement pins. Raises `PackRefused`."""
    keys = {str(party): pinned_keys(agreement, party, KeyUse.MESSAGE) for party in Party}
    return pack.verify(content, keys=keys)


def released(home: NodeHome, results: Results, area_code: str, audience: str, *, at: datetime) -> dict[str, str]:
    """Indicator -> the act that lets this audience see it of this area now. Raises what the chain raises."""
    return _released(standing_of(home).at(at), results, area_code, audience, at)


def is_shut(home: NodeHome) -> bool:
    """Whether anything is shut off here, or may be: a record that cannot be read closes everything."""
    keeper = Gatekeeper(home.station.gate, home.station.party)
    if not keeper.record_file.exists() and not keeper.has_sentinel():
        return False
    try:
        return bool(keeper.read().closures)
    except RecordUnreadable:
        return True


@implements("7(2)", control="A pack for others holds what one consent of both names, and is refused without.")
def _for(
    position: Position, results: Results, area_code: str, audience: str, moment: datetime
) -> tuple[Audience, Callable[[str], bool]]:
    if audience == MINISTRIES:
        return Audience(), lambda _indicator: True
    found = _released(position, results, area_code, audience, moment)
    if not found:
        raise NotReleased(area=area_code, audience=audience)
    if results.rule_version != OUTSIDE_RULE_VERSION:
        raise NotMadeForOutside(rule=results.rule_version, wanted=OUTSIDE_RULE_VERSION)
    # Consents are named by act; more than one may cover the village, each its own indicators.
    acts = ",".join(sorted(set(found.values())))
    line = (
        f"Dirilis untuk {audience} dengan persetujuan kedua kementerian (Pasal 7 ayat 2)",
        f"Released for {audience} with the consent of both ministries (Pasal 7(2))",
    )
    return Audience(audience, line, acts), found.__contains__


def _is_released_whole(
    position: Position, results: Results, area_code: str, audience: str, moment: datetime, around: str
) -> bool:
    """Whether the audience may see of the area around everything that it may see of this one."""
    own = _released(position, results, area_code, audience, moment)
    return own.keys() <= _released(position, results, around, audience, moment).keys()


def _released(position: Position, results: Results, area_code: str, audience: str, moment: datetime) -> dict[str, str]:
    found = {
        one: release_of(position.state, indicator=one, area=area_code, audience=audience, at=moment)
        for one in results.definitions
    }
    return {indicator: release.act for indicator, release in found.items() if release is not None}
