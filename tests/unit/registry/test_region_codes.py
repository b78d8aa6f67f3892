"""Codes as people write them: the system is always told, by dots or by name."""

from __future__ import annotations

import pytest

from tenun.registry.reference.region import (
    Level,
    NotARegionCode,
    RegionCode,
    RegionSystemUnclear,
    System,
    level_of,
    parent_of,
    parse_code,
)

WRITTEN = [
    ("52.01.14.2005", System.KEMENDAGRI, "52.01.14.2005", Level.VILLAGE),
    (" 52.01.14.2005 ", System.KEMENDAGRI, "52.01.14.2005", Level.VILLAGE),
    ("52.01.14", System.KEMENDAGRI, "52.01.14", Level.DISTRICT),
    ("52.01", System.KEMENDAGRI, "52.01", Level.REGENCY),
    ("kemendagri:5201142005", System.KEMENDAGRI, "52.01.14.2005", Level.VILLAGE),
    ("kemendagri:52.01.14.2005", System.KEMENDAGRI, "52.01.14.2005", Level.VILLAGE),
    ("Kemendagri: 520114", System.KEMENDAGRI, "52.01.14", Level.DISTRICT),
    ("kemendagri:52", System.KEMENDAGRI, "52", Level.PROVINCE),
    ("bps:5201080010", System.BPS, "5201080010", Level.VILLAGE),
    ("BPS: 5201080", System.BPS, "5201080", Level.DISTRICT),
    ("bps:5201", System.BPS, "5201", Level.REGENCY),
    ("bps:52", System.BPS, "52", Level.PROVINCE),
]


@pytest.mark.parametrize(("text", "system", "code", "level"), WRITTEN)
def test_dots_or_a_prefix_tell_the_system(text: str, system: System, code: str, level: Level) -> None:
    parsed = parse_code(text)
    assert (parsed, parsed.level) == (RegionCode(system, code), level)


@pytest.mark.parametrize("text", ["5201142005", "52 01 14 2005", "5201080", "520114", "5201", "94"])
def test_a_number_alone_is_refused_and_told_both_ways_to_write_it(text: str) -> None:
    with pytest.raises(RegionSystemUnclear) as problem:
        parse_code(text)
    remedy = problem.value.remedy("id")
    kemendagri, bps = str(problem.value.parts["kemendagri"]), str(problem.value.parts["bps"])
    assert kemendagri in remedy
    assert bps in remedy
    assert parse_code(kemendagri).system is System.KEMENDAGRI
    assert parse_code(bps).system is System.BPS


@pytest.mark.parametrize(
    "text",
    ["", "desa", "52.1.14.2005", "52.01.14.205", "52.01.14.2005.1", "52-01-14-2005", "bps:520114200", "bps:",
     "kemendagri:520", "bps:52.01.14.20055", "123456789", "52011420055", "٥٢٠١١٤٢٠٠٥"],
)  # fmt: skip
def test_anything_else_is_no_region_code(text: str) -> None:
    with pytest.raises(NotARegionCode):
        parse_code(text)


@pytest.mark.parametrize(
    ("code", "system", "parent"),
    [
        ("52.01.14.2005", System.KEMENDAGRI, "52.01.14"),
        ("52.01", System.KEMENDAGRI, "52"),
        ("52", System.KEMENDAGRI, None),
        ("5201080010", System.BPS, "5201080"),
        ("5201080", System.BPS, "5201"),
        ("52", System.BPS, None),
    ],
)
def test_the_parent_follows_from_the_form_of_the_code(code: str, system: System, parent: str | None) -> None:
    assert parent_of(code, system) == parent
    if parent is not None:
        assert level_of(parent, system).depth == level_of(code, system).depth - 1


def test_a_code_prints_as_it_may_be_typed_again() -> None:
    for text, *_ in WRITTEN:
        code = parse_code(text)
        if code.level is not Level.PROVINCE or code.system is System.BPS:
            assert parse_code(str(code)) == code
