"""The bridge carries a pair forward where that is sure, and otherwise says that it is not."""

from __future__ import annotations

import pytest

from tenun.registry.reference.bridge import Bridge, Pair, Reason, Status
from tenun.registry.reference.edition import Edition
from tenun.registry.reference.region import System

# One old province was split: regency 91.01 became 93.01. 91.03 stayed.
BEFORE = {
    "91": "PAPUA", "91.01": "KAB. MERAUKE", "91.03": "KAB. JAYAPURA", "91.71": "KOTA JAYAPURA",
    "91.01.01": "Merauke", "91.01.01.2001": "Wasur", "91.01.01.2002": "Nasem", "91.01.01.2003": "Buti",
    "91.01.01.2004": "Debasiga", "91.01.01.2005": "Kaliki", "91.01.01.2006": "Hilang", "91.01.01.2007": "Fumeripit",
    "91.01.02": "Ilwayab", "91.01.02.2001": "Sigad", "91.01.02.2002": "Kembar", "91.01.02.2003": "Buti",
    "91.03.01": "Sentani", "91.03.01.2001": "Lamorende", "91.03.01.2002": "Laghontoghe", "91.03.01.2003": "Mekar Jaya",
    "91.03.01.2004": "Sei Buah", "91.03.01.2005": "Tumbang Tuwe", "91.03.01.2006": "Pardamean",
    "91.03.01.2007": "Kembar", "91.03.01.2011": "Cenrana", "91.03.01.2012": "Reni", "91.03.01.2013": "Runi",
    "91.71.01": "Abepura", "91.71.01.1001": "Wasur",
}  # fmt: skip
NOW = {
    "91": "Papua", "93": "Papua Selatan", "93.01": "Kabupaten Merauke", "91.03": "Kabupaten Jayapura",
    "91.71": "Kota Jayapura",
    "93.01.01": "Merauke", "93.01.01.2001": "Wasur", "93.01.01.2002": "Nasem", "93.01.01.2004": "Debasiga I",
    "93.01.01.2014": "Debasiga II", "93.01.01.2005": "Kaliki Satu", "93.01.01.2007": "Fumeripits",
    "93.01.01.2008": "Buti", "93.01.02": "Ilwayab", "93.01.02.2003": "Buti", "93.01.03": "Padua",
    "93.01.03.2001": "Sigad", "93.01.03.2002": "Kembar", "93.01.04": "Anim", "93.01.04.2001": "Kembar",
    "91.03.01": "Sentani", "91.03.01.2001": "Lahontohe", "91.03.01.2002": "Lamorende", "91.03.01.2003": "Mekarsari",
    "91.03.01.2004": "Sungaibuah", "91.03.01.2005": "Tumbang Tuwe Hantapang", "91.03.01.2006": "Lawe Perbunga",
    "91.03.01.2007": "Kembar", "91.03.01.2011": "Cakkeware", "91.03.01.1001": "Cenrana", "91.03.01.2012": "Reni",
    "91.03.01.2013": "Runi", "91.71.01": "Abepura", "91.71.01.1001": "Wasur",
}  # fmt: skip
PAIRS = [
    Pair("94", "PAPUA", "91", "P A P U A"),
    Pair("9401", "MERAUKE", "91.01", "KAB. MERAUKE"),
    Pair("9403", "JAYAPURA", "91.03", "KAB. JAYAPURA"),
    Pair("9471", "KOTA JAYAPURA", "91.71", "KOTA JAYAPURA"),
    Pair("9401010", "MERAUKE", "91.01.01", "Merauke"),
    Pair("9401010001", "WASUR", "91.01.01.2001", "Wasur"),
    Pair("9401010002", "NASEM", "91.01.01.2002", "Nasem"),
    Pair("9401010003", "BUTI", "91.01.01.2003", "Buti"),
    Pair("9401010004", "DEBASIGA", "91.01.01.2004", "Debasiga"),
    Pair("9401010006", "HILANG", "91.01.01.2006", "Hilang"),
    Pair("9401010007", "FUMERIPIT", "91.01.01.2007", "Fumeripit"),
    Pair("9401020001", "SIGAD", "91.01.02.2001", "Sigad"),
    Pair("9401020002", "KEMBAR", "91.01.02.2002", "Kembar"),
    Pair("9403010001", "LAMORENDE", "91.03.01.2001", "Lamorende"),
    Pair("9403010003", "MEKAR JAYA", "91.03.01.2003", "Mekar Jaya"),
    Pair("9403010004", "SEI BUAH", "91.03.01.2004", "Sei Buah"),
    Pair("9403010005", "TUMBANG TUWE", "91.03.01.2005", "Tumbang Tuwe"),
    Pair("9403010006", "LAWE PERBUNGA", "91.03.01.2006", "Pardamean"),
    Pair("9403010007", "KEMBAR", "91.03.01.2007", "Kembar"),
    Pair("9403010009", "DUA", "91.03.01.2004", "Sei Buah"),
    Pair("9403010009", "DUA", "91.03.01.2007", "Kembar"),
    Pair("9403010010", "KOSONG", None, ""),
    Pair("9403010011", "CENRANA", "91.03.01.2011", "Cenrana"),
    Pair("9403010012", "RUNI", "91.03.01.2012", "Reni"),
    Pair("9403010013", "RENI", "91.03.01.2013", "Runi"),
    Pair("9403010014", "LAHONTOHE", "91.03.01.2001", "Lamorende"),
    Pair("9471010001", "WASUR", "91.71.01.1001", "Wasur"),
]


def bridge(*, older: bool = True) -> Bridge:
    history = [Edition(System.KEMENDAGRI, "2020", BEFORE)] if older else []
    return Bridge(PAIRS, current=Edition(System.KEMENDAGRI, "2025", NOW), older=history)


ANSWERS = [
    # BPS code, status, region, reason
    ("94", Status.CERTAIN, "91", Reason.SAME_CODE),
    ("9403", Status.CERTAIN, "91.03", Reason.SAME_CODE),
    ("9471", Status.CERTAIN, "91.71", Reason.SAME_CODE),
    ("9401", Status.CHANGED_CODE, "93.01", Reason.SAME_DISTRICT),
    ("9401010", Status.CHANGED_CODE, "93.01.01", Reason.SAME_DISTRICT),
    ("9401010001", Status.CHANGED_CODE, "93.01.01.2001", Reason.SAME_DISTRICT),
    ("9401020001", Status.CHANGED_CODE, "93.01.03.2001", Reason.OTHER_DISTRICT),
    ("9401010007", Status.CHANGED_CODE, "93.01.01.2007", Reason.OTHER_SPELLING),
    ("9401010003", Status.CHANGED_CODE, "93.01.01.2008", Reason.SAME_DISTRICT),
    ("9401010004", Status.AMBIGUOUS, None, Reason.SEVERAL_CANDIDATES),
    ("9401020002", Status.AMBIGUOUS, None, Reason.SEVERAL_CANDIDATES),
    ("9401010006", Status.NO_COUNTERPART, None, Reason.CODE_GONE),
    ("9403010001", Status.AMBIGUOUS, None, Reason.NAME_DIFFERS),
    ("9403010011", Status.CHANGED_CODE, "91.03.01.1001", Reason.SAME_DISTRICT),
    ("9403010012", Status.AMBIGUOUS, None, Reason.NAMES_CROSSED),
    ("9403010013", Status.AMBIGUOUS, None, Reason.NAMES_CROSSED),
    ("9403010014", Status.CERTAIN, "91.03.01.2001", Reason.SAME_CODE),
    ("9403010003", Status.AMBIGUOUS, None, Reason.NAME_DIFFERS),
    ("9403010004", Status.CERTAIN, "91.03.01.2004", Reason.SAME_CODE),
    ("9403010005", Status.CERTAIN, "91.03.01.2005", Reason.SAME_CODE),
    ("9403010006", Status.CERTAIN, "91.03.01.2006", Reason.SAME_CODE),
    ("9403010009", Status.AMBIGUOUS, None, Reason.SEVERAL_PAIRS),
    ("9403010010", Status.NO_COUNTERPART, None, Reason.NO_CODE),
    ("9403019999", Status.NO_COUNTERPART, None, Reason.NO_PAIR),
]  # fmt: skip


@pytest.mark.parametrize(("code", "status", "region", "reason"), ANSWERS)
def test_each_way_a_code_can_go_has_its_answer(code: str, status: Status, region: str | None, reason: Reason) -> None:
    answer = bridge().answer(code)
    found = answer.region.code if answer.region else None
    assert (answer.status, found, answer.reason) == (status, region, reason)


def test_only_certain_and_changed_code_map() -> None:
    assert {status for status in Status if status.maps} == {Status.CERTAIN, Status.CHANGED_CODE}
    for code, *_ in ANSWERS:
        answer = bridge().answer(code)
        assert (answer.region is not None) == answer.status.maps


def test_a_number_given_to_a_neighbour_is_not_followed_to_either() -> None:
    # 91.03.01.2001 was Lamorende and is Lahontohe; 91.03.01.2002 is Lamorende and was Laghontoghe: moved, or renamed?
    answer = bridge().answer("9403010001")
    assert answer.status is Status.AMBIGUOUS
    assert answer.region is None


def test_a_crossed_pair_shows_both_regions_it_could_mean() -> None:
    answer = bridge().answer("9403010012")
    assert [region.name for region in answer.candidates] == ["Reni", "Runi"]


def test_candidates_are_shown_to_officials_and_never_chosen_from() -> None:
    answer = bridge().answer("9401020002")
    assert [region.code for region in answer.candidates] == ["93.01.03.2002", "93.01.04.2001"]
    assert answer.region is None


def test_a_regency_and_the_city_of_its_name_are_never_taken_for_each_other() -> None:
    kota = bridge().answer("9471010001")
    assert kota.region is not None
    assert kota.region.code == "91.71.01.1001"


def test_two_codes_never_map_to_one_region() -> None:
    found = [answer.region.code for pair in PAIRS if (answer := bridge().answer(pair.bps)).region]
    assert len({*found}) == len({pair.bps for pair in PAIRS if bridge().answer(pair.bps).region})


def test_a_region_knows_its_bps_code_before_and_after_its_own_changed() -> None:
    assert [answer.asked.code for answer in bridge().bps_of("93.01.01.2001")] == ["9401010001"]
    assert [answer.asked.code for answer in bridge().bps_of("91.03.01.2007")] == ["9403010007", "9403010009"]
    assert [answer.asked.code for answer in bridge().bps_of("91.03.01.1001")] == ["9403010011"]
    assert bridge().bps_of("93.01.04") == []


def test_without_an_older_edition_the_names_of_the_pairs_themselves_serve() -> None:
    answer = bridge(older=False).answer("9401010001")
    assert answer.region is not None
    assert answer.region.code == "93.01.01.2001"


def test_an_empty_bridge_knows_no_counterpart() -> None:
    empty = Bridge([], current=Edition(System.KEMENDAGRI, "2025", NOW))
    assert len(empty) == 0
    assert empty.answer("9401").reason is Reason.NO_PAIR
