"""From one node's lake to the other's, by file, under the agreement: what arrives, and what never does."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenun.agreement.decision import Operation, Use, allowed_fields, decide
from tenun.agreement.vocabulary import Party
from tenun.exchange import manifest as manifests
from tenun.exchange import pack, receipt, unpack
from tenun.exchange.binding import BINDINGS
from tenun.exchange.refusals import AreaUnclear, FileExists, KeyFieldMissing, NothingToSend, NotPermitted, WrongNode
from tenun.exchange.register import Register
from tenun.exchange.station import Station, pinned_log_keys
from tenun.lake.snapshot import Layer, Origin, SourceFile
from tenun.registry.siapkerja.tables import VACANCIES
from tenun.registry.sid.tables import PERSON_IDENTIFIERS, PERSONS, VILLAGE_INDEX
from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.folder import LogFolder
from tests.lib.forger import opened
from tests.lib.two_nodes import AS_OF, VILLAGES, Nodes, copy_of, person, publish_residents

ALL_FIELDS = {*PERSONS.names(), *PERSON_IDENTIFIERS.names()}


def entries(station: Station) -> list[dict[str, Any]]:
    files = LogFolder(station.log)
    data = files.checkpoint()
    size = int(data.split(b"\n")[1]) if data else 0
    return [json.loads(entry) for entry in files.entries(size=size)]


def residents_at_naker(nodes: Nodes, village: str, fields: frozenset[str]) -> list[dict[str, Any]]:
    """Persons and identifiers of a village at the consumer, joined."""
    lake = nodes.naker.lake
    snapshot = lake.current(layer=Layer.CORE, dataset="sid__residents", scope=village)
    rows = {row["person_id"]: row for row in lake.read(snapshot, "persons").to_pylist()}
    use = Use(
        dataset="sid-warga",
        purpose="pemadanan",
        operation=Operation.USE,
        fields=fields,
        by=Party.NAKER,
        moment=nodes.clock.now(),
    )
    permit = decide(nodes.agreement, use)
    assert permit
    if "identifiers" in snapshot.tables:
        columns = [column["name"] for column in snapshot.tables["identifiers"].columns]
        for row in lake.unseal(snapshot, "identifiers", columns=columns, permit=permit).to_pylist():
            rows[row["person_id"]] |= row
    return sorted(rows.values(), key=lambda row: str(row["person_id"]))


def independent_selection(village: str, count: int, fields: frozenset[str]) -> list[dict[str, Any]]:
    chosen = [
        {name: value for name, value in one.items() if name in fields}
        for one in (person(village, number) for number in range(count))
        if one["life_status"] == "alive" and one["age_years"] >= 15
    ]
    return sorted(chosen, key=lambda row: str(row["person_id"]))


def granted(nodes: Nodes, purpose: str = "pemadanan", dataset: str = "sid-warga") -> frozenset[str]:
    by = nodes.agreement.datasets[dataset].consumer
    return allowed_fields(nodes.agreement, dataset=dataset, purpose=purpose, operation=Operation.FILE, by=by)


# --- what arrives --------------------------------------------------------------------------------------


def test_what_arrives_is_what_the_agreement_selects_row_for_row(nodes: Nodes) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    accepted = unpack.accept(nodes.naker, packed.file)
    fields = granted(nodes)
    total = 0
    for number, village in enumerate(VILLAGES):
        expected = independent_selection(village, 40 + number * 7, fields)
        assert residents_at_naker(nodes, village, fields) == expected
        total += len(expected)
    assert packed.manifest.rows == accepted.manifest.rows == total
    assert accepted.tables == {"persons": total, "identifiers": total}


def test_identifiers_arrive_sealed_and_apart(nodes: Nodes) -> None:
    unpack.accept(nodes.naker, pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan").file)
    snapshot = nodes.naker.lake.current(layer=Layer.CORE, dataset="sid__residents", scope=VILLAGES[0])
    assert snapshot.tables["identifiers"].is_sealed
    assert not snapshot.tables["persons"].is_sealed
    open_columns = {column["name"] for column in snapshot.tables["persons"].columns}
    assert not open_columns & (set(PERSON_IDENTIFIERS.names()) - {"person_id"})


def test_invented_persons_stay_marked_as_invented(nodes: Nodes) -> None:
    publish_residents(nodes.desa.lake, "53.17.03.2001", 20, invented=False)
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    assert packed.manifest.invented
    unpack.accept(nodes.naker, packed.file)
    for village, is_invented in ((VILLAGES[0], True), ("53.17.03.2001", False)):
        snapshot = nodes.naker.lake.current(layer=Layer.CORE, dataset="sid__residents", scope=village)
        assert snapshot.details["invented"] is is_invented


def test_the_data_keep_the_label_of_the_agreement(nodes: Nodes) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    unpack.accept(nodes.naker, packed.file)
    snapshot = nodes.naker.lake.current(layer=Layer.CORE, dataset="sid__residents", scope=VILLAGES[0])
    label = snapshot.details["label"]
    assert label["agreement"]["rev"] == nodes.agreement.rev
    assert label["purpose"] == "pemadanan"
    assert {duty["uid"] for duty in label["duties"] if duty["survives_term"]} >= {"kerahasiaan", "hanya-tujuan"}
    assert snapshot.details["received"]["pack"] == packed.manifest.pack
    assert snapshot.received == nodes.clock.moment
    assert snapshot.origin.settings["pack"] == packed.manifest.pack
    assert snapshot.as_of == AS_OF


def test_only_the_area_that_was_asked_for_is_sent(nodes: Nodes) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="53.17.01")
    assert [source.scope for source in packed.manifest.sources] == ["53.17.01.2001", "53.17.01.2002"]
    unpack.accept(nodes.naker, packed.file)
    assert nodes.naker.lake.scopes(layer=Layer.CORE, dataset="sid__residents") == ["53.17.01.2001", "53.17.01.2002"]


def test_many_villages_go_into_parts_of_bounded_size(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenun.exchange.parts.cut.__kwdefaults__", {"rows_max": 30})
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    assert len(packed.manifest.parts) == 4
    accepted = unpack.accept(nodes.naker, packed.file)
    assert len(accepted.snapshots) == 4


@pytest.mark.parametrize("purpose", ["statistik-desa", "sosialisasi"])
def test_the_village_index_goes_the_same_way(nodes: Nodes, purpose: str) -> None:
    rows = [
        {"village_code": VILLAGES[0], "year": year, "score": 0.6, "status": "MAJU", "social": 0.7, "economic": 0.5}
        for year in (2023, 2024)
    ]
    nodes.desa.lake.publish(
        layer=Layer.CORE,
        dataset="sid__village_index",
        scope=VILLAGES[0],
        as_of=AS_OF,
        origin=Origin("index/1"),
        tables={"years": pa.Table.from_pylist(rows, schema=VILLAGE_INDEX.schema())},
    )
    packed = pack.build(nodes.desa, dataset="sid-indeks-desa", purpose=purpose)
    assert not packed.manifest.invented
    unpack.accept(nodes.naker, packed.file)
    lake = nodes.naker.lake
    snapshot = lake.current(layer=Layer.CORE, dataset="sid__village_index", scope=VILLAGES[0])
    assert [row["year"] for row in lake.read(snapshot, "years").to_pylist()] == [2023, 2024]


def test_vacancies_and_results_go_the_other_way(nodes: Nodes) -> None:
    vacancies = [
        {"vacancy_id": f"v{number}", "title": "Juru las", "status": "open", "regency_code": regency, "quota": 2}
        for number, regency in enumerate(["53.17", "53.17", "52.01", None])
    ]
    nodes.naker.lake.publish(
        layer=Layer.CORE,
        dataset="siapkerja__vacancies",
        scope="00",
        as_of=AS_OF,
        origin=Origin("vacancies/1"),
        tables={"vacancies": pa.Table.from_pylist(vacancies, schema=VACANCIES.schema())},
    )
    values = BINDINGS["hasil-desa"].tables["values"].schema()
    figures = [
        {"indicator": "usia-kerja", "version": 1, "level": "desa", "area_code": code, "state": state, "value": value}
        for code, state, value in ((VILLAGES[0], "ok", 25.0), (VILLAGES[1], "sup", None), ("53.17", "ok", 90.0))
    ]
    nodes.naker.lake.publish(
        layer=Layer.OUT,
        dataset="indicators",
        scope="00",
        as_of=AS_OF,
        origin=Origin("indicators/1"),
        tables={"values": pa.Table.from_pylist(figures, schema=values)},
        details={"invented": True},
    )
    packed = pack.build(nodes.naker, dataset="siapkerja-lowongan", purpose="statistik-desa", area="53.17")
    unpack.accept(nodes.desa, packed.file)
    lake = nodes.desa.lake
    snapshot = lake.current(layer=Layer.CORE, dataset="siapkerja__vacancies", scope="00")
    assert [row["vacancy_id"] for row in lake.read(snapshot, "vacancies").to_pylist()] == ["v0", "v1"]
    results = pack.build(nodes.naker, dataset="hasil-desa", purpose="statistik-desa")
    accepted = unpack.accept(nodes.desa, results.file)
    snapshot = lake.current(layer=Layer.OUT, dataset="indicators", scope="00")
    assert snapshot.details["invented"] is True
    assert [row["value"] for row in lake.read(snapshot, "values").to_pylist()] == [25.0, None, 90.0]
    assert receipt.check(nodes.naker, accepted.receipt).receipt.rows == 3


def test_a_pack_without_identifiers_does_not_take_the_place_of_one_that_has_them(nodes: Nodes) -> None:
    unpack.accept(nodes.naker, pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan").file)
    statistics = pack.build(nodes.desa, dataset="sid-warga", purpose="statistik-desa")
    unpack.accept(nodes.naker, statistics.file)
    lake = nodes.naker.lake
    current = lake.current(layer=Layer.CORE, dataset="sid__residents", scope=VILLAGES[0])
    assert "identifiers" in current.tables
    history = lake.history(layer=Layer.CORE, dataset="sid__residents", scope=VILLAGES[0])
    assert {snapshot.details["label"]["purpose"] for snapshot in history} == {"pemadanan", "statistik-desa"}


# --- what never leaves ---------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["pemadanan", "statistik-desa"])
def test_no_field_that_was_not_granted_is_anywhere_in_a_pack(nodes: Nodes, purpose: str) -> None:
    """Pasal 7(1): names and values are both looked for, in every byte of what is handed over."""
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose=purpose)
    inside = opened(nodes, packed.file)
    withheld = ALL_FIELDS - granted(nodes, purpose)
    assert withheld
    everything = b"".join(inside.values())
    parts = [pq.read_table(io.BytesIO(data)) for name, data in inside.items() if name.endswith(".parquet")]
    plain = json.dumps([part.to_pylist() for part in parts], default=str)
    for field in withheld:
        assert f'"{field}"'.encode() not in everything
        assert all(field not in part.column_names for part in parts)
    for number in range(40):
        one = person(VILLAGES[0], number)
        for field in withheld & {"full_name", "mother_name", "father_name", "address", "birth_place", "nik"}:
            if one[field] is not None:
                assert f'"{one[field]}"' not in plain


def test_children_and_the_dead_never_leave(nodes: Nodes) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    inside = opened(nodes, packed.file)
    for name, data in inside.items():
        if name.endswith(".parquet"):
            table = pq.read_table(io.BytesIO(data))
            assert min(table["age_years"].to_pylist()) >= 15
            assert set(table["life_status"].to_pylist()) == {"alive"}


@pytest.mark.parametrize("field", sorted(ALL_FIELDS))
def test_a_field_beyond_the_permission_is_refused_by_name_and_not_trimmed(nodes: Nodes, field: str) -> None:
    fields = {"person_id", "village_code", field}
    if field in granted(nodes, "statistik-desa"):
        packed = pack.build(nodes.desa, dataset="sid-warga", purpose="statistik-desa", fields=fields)
        assert set(packed.manifest.fields_) == fields
        return
    with pytest.raises(NotPermitted) as refused:
        pack.build(nodes.desa, dataset="sid-warga", purpose="statistik-desa", fields=fields)
    said = json.dumps(refused.value.as_dict())
    assert field in said
    assert not list((nodes.desa.exchange / "outbox").glob("*"))
    last = entries(nodes.desa)[-1]
    assert (last["type"], last["code"]) == ("exchange.refused", "exchange.not_permitted")
    assert last["decision"]["is_permit"] is False
    assert field in last["decision"]["fields"]


def test_nobody_is_named_in_logs_registers_receipts_or_file_names(nodes: Nodes) -> None:
    """Pasal 7(1): what is kept beside the data names datasets, places and counts, and nobody."""
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    accepted = unpack.accept(nodes.naker, packed.file)
    receipt.check(nodes.desa, accepted.receipt)
    with pytest.raises(NotPermitted):
        pack.build(nodes.desa, dataset="sid-warga", purpose="statistik-desa", fields=["person_id", "nik"])
    texts = [packed.file.name.encode(), accepted.receipt.name.encode(), json.dumps(accepted.as_dict()).encode()]
    for station in (nodes.desa, nodes.naker):
        for folder in (station.log, station.exchange):
            for path in folder.rglob("*"):
                texts.append(str(path.relative_to(nodes.folder)).encode())
                if path.is_file() and path.suffix != ".age":
                    texts.append(path.read_bytes())
    everything = b"\n".join(texts)
    for number in range(60):
        one = person(VILLAGES[0], number)
        for field in ("nik", "family_card", "full_name", "birth_place", "address", "mother_name", "person_id"):
            if one[field] is not None:
                assert str(one[field]).encode() not in everything
    assert not re.search(rb"(?<![0-9a-f])\d{16}(?![0-9a-f])", everything)


def test_nothing_is_on_disk_in_plain_while_or_after_packing(nodes: Nodes) -> None:
    pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    left = [path for path in nodes.desa.exchange.rglob("*") if path.is_file()]
    assert {path.parent.name for path in left} == {"outbox", "sent", "exchange"}
    assert all(b"PAR1" not in path.read_bytes() for path in left)


# --- no log, no data ---------------------------------------------------------------------------------


def test_the_decision_and_the_pack_are_in_the_log_before_the_file_appears(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pasal 7(1)."""
    seen: list[list[str]] = []
    appear = pack._appear

    def watch(draft: Path, target: Path) -> None:
        assert not target.exists()
        seen.append([entry["type"] for entry in entries(nodes.desa)])
        appear(draft, target)

    monkeypatch.setattr(pack, "_appear", watch)
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    assert seen == [["exchange.decided", "exchange.packed"]]
    assert packed.file.exists()


def _break_log(station: Station) -> None:
    """A log that cannot be written: its checkpoint is gone and its entries are not."""
    (station.log / "tile/entries/000.p").mkdir(parents=True, exist_ok=True)
    (station.log / "checkpoint").unlink(missing_ok=True)


def test_no_log_no_data_at_the_provider(nodes: Nodes) -> None:
    _break_log(nodes.desa)
    with pytest.raises(pack.journal.LogUnavailable):
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    assert not list(nodes.desa.exchange.rglob("*.age"))


def test_no_log_no_data_at_the_consumer(nodes: Nodes) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    _break_log(nodes.naker)
    with pytest.raises(pack.journal.LogUnavailable):
        unpack.accept(nodes.naker, packed.file)
    assert nodes.naker.lake.scopes(layer=Layer.CORE, dataset="sid__residents") == []


def test_both_logs_are_sound_and_share_the_manifests_digest(nodes: Nodes) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    accepted = unpack.accept(nodes.naker, packed.file)
    receipt.check(nodes.desa, accepted.receipt)
    kinds = {}
    for station in (nodes.desa, nodes.naker):
        assert verify_folder(station.log, verifiers=pinned_log_keys(nodes.agreement, station.party))
        kinds[station.party] = [entry["type"] for entry in entries(station)]
        digests = {entry["pack"]["manifest_sha256"] for entry in entries(station) if "pack" in entry}
        assert digests == {packed.manifest_sha256}
    assert kinds == {
        Party.DESA: ["exchange.decided", "exchange.packed", "exchange.receipt_checked"],
        Party.NAKER: ["exchange.accepted", "exchange.received"],
    }


# --- the provider's own refusals -----------------------------------------------------------------------


def test_what_the_agreement_does_not_know_is_refused_logged_and_not_repeated(nodes: Nodes) -> None:
    for options in ({"dataset": "data-lain", "purpose": "pemadanan"}, {"dataset": "sid-warga", "purpose": "apa-saja"}):
        with pytest.raises(NotPermitted):
            pack.build(nodes.desa, **options)
    assert [entry["code"] for entry in entries(nodes.desa)] == ["exchange.not_permitted"] * 2
    logged = json.dumps(entries(nodes.desa))
    assert "data-lain" not in logged
    assert "apa-saja" not in logged


@pytest.mark.parametrize("option", ["dataset", "purpose", "fields"])
def test_a_number_typed_for_a_name_is_not_repeated_anywhere(nodes: Nodes, option: str) -> None:
    number = "5317010101909001"
    options: dict[str, Any] = {"dataset": "sid-warga", "purpose": "pemadanan", "fields": None}
    options[option] = [number] if option == "fields" else number
    with pytest.raises(pack.WordMalformed) as refused:
        pack.build(nodes.desa, **options)
    assert number not in json.dumps(refused.value.as_dict())
    (entry,) = entries(nodes.desa)
    assert entry["code"] == "exchange.word_malformed"
    assert number not in json.dumps(entry)


@pytest.mark.parametrize("area", ["5317", "5317012001", "53.17.9", "bps:53.17", "../..", "5317010101909001"])
def test_an_area_that_is_no_dotted_code_is_refused(nodes: Nodes, area: str) -> None:
    with pytest.raises(AreaUnclear) as refused:
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area=area)
    assert area not in json.dumps(refused.value.as_dict())


def test_an_area_without_rows_makes_no_pack(nodes: Nodes) -> None:
    with pytest.raises(NothingToSend):
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="11.01")


def test_a_dataset_is_packed_at_its_providers_node_only(nodes: Nodes) -> None:
    with pytest.raises(WrongNode):
        pack.build(nodes.naker, dataset="sid-warga", purpose="pemadanan")
    assert entries(nodes.naker)[-1]["code"] == "exchange.wrong_node"


def test_rows_always_carry_their_key_and_their_place(nodes: Nodes) -> None:
    with pytest.raises(KeyFieldMissing) as refused:
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", fields=["sex"])
    assert refused.value.parts["fields"] == "person_id, village_code"


def test_the_frequency_of_the_agreement_counts_packs_of_the_same_area(nodes: Nodes) -> None:
    for _ in range(24):
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="53.17.01")
    with pytest.raises(NotPermitted):
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="53.17.01.2001")
    pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="53.17.02")
    nodes.later(days=1, seconds=1)
    pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="53.17.01")


@pytest.mark.parametrize(("moment", "is_in_term"), [("before", True), ("at", False)])
def test_the_term_ends_to_the_second(nodes: Nodes, moment: str, is_in_term: bool) -> None:
    """Pasal 6(1)."""
    nodes.clock.moment = nodes.agreement.term.end
    if moment == "before":
        nodes.later(seconds=-1)
    if is_in_term:
        assert pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan").manifest.rows
        return
    with pytest.raises(NotPermitted) as refused:
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    assert any(clause.startswith("6") for clause in refused.value.denial.clauses)


def test_a_file_is_never_written_over(nodes: Nodes, tmp_path: Path) -> None:
    target = tmp_path / "paket.age"
    target.write_bytes(b"something else")
    with pytest.raises(FileExists):
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", out=target)
    assert target.read_bytes() == b"something else"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["paket.age"]


def test_a_file_name_tells_dataset_date_and_pack_only(nodes: Nodes, tmp_path: Path) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", out=tmp_path)
    assert packed.file.name == f"sid-warga-2026-11-24-{packed.manifest.pack}.age"


def test_the_same_data_at_the_same_moment_give_the_same_bytes_inside(nodes: Nodes, tmp_path: Path) -> None:
    twin = copy_of(nodes, tmp_path / "twin")
    one = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    other = pack.build(twin.desa, dataset="sid-warga", purpose="pemadanan")
    assert opened(nodes, one.file) == opened(twin, other.file)
    assert one.file.read_bytes() != other.file.read_bytes()  # the encryption is fresh each time


def test_an_altered_snapshot_of_the_lake_is_not_packed(nodes: Nodes) -> None:
    snapshot = nodes.desa.lake.current(layer=Layer.CORE, dataset="sid__residents", scope=VILLAGES[0])
    path = nodes.desa.lake.path(snapshot, "persons")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(Exception, match="no longer equals its manifest"):
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    assert entries(nodes.desa)[-1]["code"] == "lake.snapshot_altered"


def test_a_column_that_the_lake_does_not_hold_is_named_and_not_left_empty(nodes: Nodes) -> None:
    people = [person("53.17.04.2001", number) for number in range(12)]
    without = pa.schema([field for field in PERSONS.schema() if field.name != "occupation"])
    nodes.desa.lake.publish(
        layer=Layer.CORE,
        dataset="sid__residents",
        scope="53.17.04.2001",
        as_of=AS_OF,
        origin=Origin("residents/0", sources=(SourceFile("0" * 64, 1, "test"),)),
        tables={
            "persons": pa.Table.from_pylist(people, schema=without),
            "identifiers": pa.Table.from_pylist(people, schema=PERSON_IDENTIFIERS.schema()),
        },
        sealed_tables=["identifiers"],
    )
    with pytest.raises(Exception, match="occupation"):
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="53.17.04")
    packed = pack.build(
        nodes.desa,
        dataset="sid-warga",
        purpose="pemadanan",
        area="53.17.04",
        fields=granted(nodes) - {"occupation"},
    )
    assert "occupation" not in packed.manifest.fields_


def test_what_a_killed_run_left_is_gone_after_the_next(nodes: Nodes) -> None:
    left = [".spool-x/parts-1", "inbox/.incoming-x", "outbox/.draft-x"]
    for name in left:
        path = nodes.desa.exchange / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"noise")
    pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    assert not any((nodes.desa.exchange / name).exists() for name in left)


def test_the_manifest_survives_being_read_back(nodes: Nodes) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    inside = opened(nodes, packed.file)
    assert list(inside) == ["manifest.json", "manifest.jws", "parts/00001.parquet"]
    assert manifests.parse(inside["manifest.json"]) == packed.manifest


def test_what_was_sent_and_taken_in_is_remembered(nodes: Nodes) -> None:
    packed = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    accepted = unpack.accept(nodes.naker, packed.file)
    receipt.check(nodes.desa, accepted.receipt)
    (sent,) = Register(nodes.desa).sent()
    (received,) = Register(nodes.naker).received()
    assert sent["pack"] == received["pack"] == packed.manifest.pack
    assert sent["receipt"]["accepted"] == received["accepted"]
    assert received["state"] == "accepted"
