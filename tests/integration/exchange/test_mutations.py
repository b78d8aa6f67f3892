"""A pack altered anywhere, in any way, is refused by the check that is there for it; the lake stays as it was."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from joserfc.jwk import OKPKey

from tenun.agreement import party_keys
from tenun.agreement.vocabulary import Party
from tenun.exchange import container, pack, signature, unpack
from tenun.exchange import refusals as r
from tenun.exchange.intake import Checked
from tenun.exchange.station import Station
from tenun.kernel.errors import TenunError
from tenun.lake.store import Lake
from tenun.transparency_log.folder import LogFolder
from tests.lib.forger import Members, archived, closed, message_key, opened, resigned, with_rows
from tests.lib.two_nodes import VILLAGES, Nodes, copy_of, open_nodes, publish_residents, revise


@pytest.fixture
def packed(nodes: Nodes) -> Path:
    return pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="53.17").file


@pytest.fixture
def members(nodes: Nodes, packed: Path) -> Members:
    return opened(nodes, packed)


def lake_of(station: Station) -> dict[str, str]:
    root = station.lake.root
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def last_entry(station: Station) -> dict[str, Any]:
    files = LogFolder(station.log)
    data = files.checkpoint()
    assert data is not None
    size = int(data.split(b"\n")[1])
    found: dict[str, Any] = json.loads(files.entry(size - 1, size=size))
    return found


def refused(nodes: Nodes, file: Path, error: type[TenunError] | tuple[type[TenunError], ...]) -> TenunError:
    """The refusal: of that class, in the log with its code, and with the lake untouched."""
    before = lake_of(nodes.naker)
    with pytest.raises(error) as problem:
        unpack.accept(nodes.naker, file)
    assert lake_of(nodes.naker) == before
    entry = last_entry(nodes.naker)
    assert (entry["type"], entry["code"]) == ("exchange.refused", problem.value.code)
    assert not list((nodes.naker.exchange / "inbox").iterdir())
    assert problem.value.remedy("id")
    assert problem.value.remedy("en")
    return problem.value


# --- the file ------------------------------------------------------------------------------------------


DAMAGE = (r.PackDamaged, r.NotForThisNode, r.FileUnreadable)


def test_a_flipped_byte_anywhere_in_the_file_is_found(nodes: Nodes, packed: Path, tmp_path: Path) -> None:
    content = packed.read_bytes()
    changed = tmp_path / "changed.age"
    for at in [*range(0, 220, 5), *range(220, len(content), max(1, len(content) // 120)), len(content) - 1]:
        changed.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        refused(nodes, changed, DAMAGE)


def test_a_file_cut_short_anywhere_is_found(nodes: Nodes, packed: Path, tmp_path: Path) -> None:
    content = packed.read_bytes()
    cut = tmp_path / "cut.age"
    for kept in [0, 1, 50, 200, *range(201, len(content), max(1, len(content) // 40)), len(content) - 1]:
        cut.write_bytes(content[:kept])
        refused(nodes, cut, DAMAGE)


def test_bytes_behind_the_end_are_found(nodes: Nodes, packed: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer.age"
    longer.write_bytes(packed.read_bytes() + b"x")
    refused(nodes, longer, DAMAGE)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a spreadsheet", b"age-encryption.org/v1\n"])
def test_another_kind_of_file_is_refused(nodes: Nodes, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "residents.xlsx"
    file.write_bytes(content)
    refused(nodes, file, r.FileUnreadable)


def test_a_folder_or_a_missing_file_is_refused(nodes: Nodes, tmp_path: Path) -> None:
    refused(nodes, tmp_path, r.FileUnreadable)
    refused(nodes, tmp_path / "nowhere.age", r.FileUnreadable)


def test_a_pack_for_another_recipient_cannot_be_opened(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    refused(nodes, closed(nodes, archived(members), tmp_path / "p.age", to=Party.DESA), r.NotForThisNode)


def test_a_node_with_other_keys_cannot_open_it(nodes: Nodes, packed: Path, tmp_path: Path) -> None:
    strangers = open_nodes(tmp_path / "strangers")
    refused(strangers, packed, r.NotForThisNode)


# --- the container -------------------------------------------------------------------------------------


def _tar(entries: list[tuple[tarfile.TarInfo, bytes]], form: int = tarfile.USTAR_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content) if entry.isreg() else None)
    return buffer.getvalue()


def _entry(name: str, size: int, **more: Any) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    for member, value in more.items():
        setattr(entry, member, value)
    return entry


def test_members_are_those_of_the_manifest_in_its_order_and_no_other(
    nodes: Nodes, members: Members, tmp_path: Path
) -> None:
    """Pasal 7(1): nothing travels beside what was declared."""
    pairs = list(members.items())
    variants: list[list[tuple[str, bytes]]] = [
        pairs[:-1],
        [*pairs, ("parts/00002.parquet", b"more")],
        [*pairs, ("notes.txt", b"hello")],
        [*pairs, ("../../lake/evil", b"out")],
        [*pairs, ("/etc/passwd", b"out")],
        [pairs[1], pairs[0], *pairs[2:]],
        [pairs[0], *pairs[2:], pairs[1]],
        [("parts/00001.parquet", pairs[2][1]), *pairs[:2]],
        [pairs[0], pairs[0], *pairs[1:]],
        [("MANIFEST.JSON", pairs[0][1]), *pairs[1:]],
        [pairs[0]],
        [],
    ]
    for variant in variants:
        error = refused(nodes, closed(nodes, archived(variant), tmp_path / "p.age"), r.ContainerMalformed)
        assert "evil" not in str(error)
        assert "passwd" not in str(error)
    assert not (nodes.folder / "lake").exists()


def test_links_devices_and_odd_headers_have_no_way_to_exist(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    manifest = members["manifest.json"]
    for entry in (
        _entry("manifest.json", 0, type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        _entry("manifest.json", 0, type=tarfile.LNKTYPE, linkname="manifest.jws"),
        _entry("manifest.json", 0, type=tarfile.CHRTYPE),
        _entry("manifest.json", 0, type=tarfile.DIRTYPE),
        _entry("manifest.json", len(manifest), mode=0o777),
        _entry("manifest.json", len(manifest), mtime=1),
        _entry("manifest.json", len(manifest), uname="root"),
        _entry("manifest.json", len(manifest), type=tarfile.AREGTYPE),
        _entry("./manifest.json", len(manifest)),
    ):
        refused(nodes, closed(nodes, _tar([(entry, manifest)]), tmp_path / "p.age"), r.ContainerMalformed)
    long_name = _entry("n" * 300, len(manifest))
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        refused(nodes, closed(nodes, _tar([(long_name, manifest)], form), tmp_path / "p.age"), r.ContainerMalformed)


def test_the_archive_ends_where_it_must(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    whole = archived(members)
    for archive in (whole[:-512], whole[:-1024], whole + b"\0" * 512, whole + b"more", whole[:-1] + b"\1"):
        refused(nodes, closed(nodes, archive, tmp_path / "p.age"), r.ContainerMalformed)


def test_nothing_hides_in_the_padding(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    whole = bytearray(archived(members))
    size = len(members["manifest.json"])
    assert size % 512
    whole[512 + size] = 1
    refused(nodes, closed(nodes, bytes(whole), tmp_path / "p.age"), r.ContainerMalformed)


def test_a_member_larger_than_its_limit_is_refused_before_it_is_read(
    nodes: Nodes, members: Members, tmp_path: Path
) -> None:
    pairs = list(members.items())
    pairs[1] = ("manifest.jws", b"x" * 5000)
    refused(nodes, closed(nodes, archived(pairs), tmp_path / "p.age"), r.TooLarge)
    pairs[1], pairs[2] = ("manifest.jws", members["manifest.jws"]), (pairs[2][0], pairs[2][1] + b"more")
    refused(nodes, closed(nodes, archived(pairs), tmp_path / "p.age"), r.PartAltered)


def test_every_byte_of_the_archive_counts(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    """Someone who can encrypt to us, but not sign, gets no byte in."""
    whole = archived(members)
    for at in [*range(0, 2048, 37), *range(2048, len(whole), max(1, len(whole) // 150))]:
        changed = bytearray(whole)
        changed[at] ^= 1
        refused(nodes, closed(nodes, bytes(changed), tmp_path / "p.age"), r.ExchangeError)


# --- the signature -------------------------------------------------------------------------------------


def test_a_manifest_edited_anywhere_is_no_longer_signed(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    manifest = members["manifest.json"]
    for at in range(0, len(manifest), max(1, len(manifest) // 60)):
        changed = manifest[:at] + bytes([manifest[at] ^ 1]) + manifest[at + 1 :]
        file = closed(nodes, archived({**members, "manifest.json": changed}), tmp_path / "p.age")
        refused(nodes, file, r.SignatureInvalid)


def test_every_byte_of_the_signature_counts(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    token = members["manifest.jws"]
    for at in range(len(token)):
        changed = token[:at] + bytes([token[at] ^ 1]) + token[at + 1 :]
        file = closed(nodes, archived({**members, "manifest.jws": changed}), tmp_path / "p.age")
        refused(nodes, file, r.SignatureInvalid)


def test_only_the_providers_pinned_message_key_counts(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    strangers = [
        OKPKey.generate_key("Ed25519"),
        message_key(nodes, Party.NAKER),
        party_keys.private(nodes.desa.keys, "agreement"),
        party_keys.private(nodes.desa.keys, "log"),
    ]
    for key in strangers:
        forged = resigned(nodes, members, lambda manifest: None, key=key)
        refused(nodes, closed(nodes, archived(forged), tmp_path / "p.age"), r.SignatureInvalid)


def test_a_signature_of_another_kind_or_algorithm_does_not_count(
    nodes: Nodes, members: Members, tmp_path: Path
) -> None:
    payload = members["manifest.json"]
    other_kind = signature.sign_detached(payload, message_key(nodes), typ=signature.RECEIPT)
    attached = signature.sign(b"short", message_key(nodes), typ=signature.MANIFEST)
    kid = message_key(nodes).thumbprint()

    def unsigned(header: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode() + ".."

    none = unsigned({"alg": "none", "kid": kid, "typ": signature.MANIFEST})
    hmac = unsigned({"alg": "HS256", "kid": kid, "typ": signature.MANIFEST}) + "AAAA"
    crit = unsigned({"alg": "Ed25519", "kid": kid, "typ": signature.MANIFEST, "crit": ["b64"], "b64": False}) + "AAAA"
    for token in (other_kind, attached, none, hmac, crit, "", "..", "a.b.c.d", "[]", unsigned({"kid": ["x"]})):
        file = closed(nodes, archived({**members, "manifest.jws": token.encode()}), tmp_path / "p.age")
        refused(nodes, file, r.SignatureInvalid)


# --- the manifest, under a true signature --------------------------------------------------------------


def _set(**members: Any) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.update(members)


def _within(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(manifest: dict[str, Any]) -> None:
        *steps, last = path.split("/")
        place: Any = manifest
        for step in steps:
            place = place[int(step) if step.isdigit() else step]
        place[int(last) if last.isdigit() else last] = value

    return change


def _add_field(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest["fields"].append(name)


MANIFESTS: dict[str, tuple[Callable[[dict[str, Any]], None], type[TenunError]]] = {
    "another protocol": (_set(type="tenun-pack/2"), r.VersionUnknown),
    "another agreement": (_within("agreement/id", "urn:tenun:agreement:lain"), r.AgreementOther),
    "an older revision": (_within("agreement/rev", "0" * 64), r.RevisionStale),
    "from us to them": (_set(provider="naker", consumer="desa"), r.NotAddressedHere),
    "to itself": (_set(consumer="desa"), r.ManifestMalformed),
    "a stranger": (_set(provider="siapa"), r.ManifestMalformed),
    "a dataset unknown": (_set(dataset="lain"), r.NotAddressedHere),
    "a dataset that goes the other way": (_set(dataset="hasil-desa"), r.NotAddressedHere),
    "another contract": (_set(contract_sha256="0" * 64), r.ContractOther),
    "a purpose that is not permitted": (_set(purpose="sosialisasi"), r.NotPermitted),
    "a purpose unknown": (_set(purpose="apa-saja"), r.NotPermitted),
    "a purpose that has no identifiers": (_set(purpose="statistik-desa"), r.NotPermitted),
    "a field beyond the permission": (_add_field("mother_name"), r.NotPermitted),
    "a field that nobody knows": (_add_field("anything"), r.NotPermitted),
    "the future": (_set(created="2026-12-24T00:00:00Z"), r.CreatedInFuture),
    "no date": (_set(created="24 November"), r.ManifestMalformed),
    "another row scope": (_set(row_scope="semua"), r.ManifestMalformed),
    "another label": (_within("label/data_life", "P9999D"), r.ManifestMalformed),
    "a duty taken away": (lambda manifest: manifest["label"]["duties"].pop(), r.ManifestMalformed),
    "real persons": (_set(invented=False), r.ManifestMalformed),
    "more rows": (lambda manifest: manifest.update(rows=manifest["rows"] + 1), r.ManifestMalformed),
    "rows of a source": (_within("sources/0/rows", 3), r.ManifestMalformed),
    "a path out of the lake": (_within("sources/0/scope", "../../../x"), r.ManifestMalformed),
    "another part name": (_within("parts/0/path", "parts/../../x"), r.ManifestMalformed),
    "another digest": (_within("parts/0/sha256", "0" * 64), r.PartAltered),
    "a larger part": (_within("parts/0/size", 10_000_000), r.PartAltered),
    "a sequence of zero": (_set(sequence=0), r.ManifestMalformed),
    "a number as text": (_set(sequence="1"), r.ManifestMalformed),
    "a member unknown": (_set(extra=True), r.ManifestMalformed),
    "a member missing": (lambda manifest: manifest.pop("area"), r.ManifestMalformed),
    "fields in another order": (lambda manifest: manifest["fields"].reverse(), r.ManifestMalformed),
    "a field twice": (_add_field("sex"), r.ManifestMalformed),
    "an area elsewhere": (_set(area="52.01"), r.RowsOther),
    "an area that is no code": (_set(area="5317"), r.AreaUnclear),
    "no parts": (_set(parts=[]), r.ManifestMalformed),
}


@pytest.mark.parametrize("what", MANIFESTS)
def test_what_a_signed_manifest_may_not_say_is_refused_by_its_own_check(
    nodes: Nodes, members: Members, tmp_path: Path, what: str
) -> None:
    change, error = MANIFESTS[what]
    forged = resigned(nodes, members, change)
    problem = refused(nodes, closed(nodes, archived(forged), tmp_path / "p.age"), error)
    assert type(problem) is error


def test_a_scope_that_is_no_village_never_becomes_a_folder(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    for scope in ("../../../../x", "53.17", "53.17.01.2001/..", "5317012001", "", "53.17.01.20011"):

        def change(manifest: dict[str, Any], scope: str = scope) -> None:
            manifest["sources"][0]["scope"] = scope
            manifest["parts"][0]["scopes"][0] = scope

        forged = resigned(nodes, members, change)
        refused(nodes, closed(nodes, archived(forged), tmp_path / "p.age"), r.ManifestMalformed)


def test_a_manifest_with_the_number_of_another_pack_is_refused(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    forged = resigned(nodes, members, _set(pack="0" * 32), renumber=False)
    refused(nodes, closed(nodes, archived(forged), tmp_path / "p.age"), r.ManifestMalformed)


def test_a_manifest_that_two_readers_could_read_differently_is_refused(
    nodes: Nodes, members: Members, tmp_path: Path
) -> None:
    text = members["manifest.json"].decode()
    for variant in (text.replace("{", "{ ", 1), text.replace('"area"', '"area":null,"area"', 1), "[]", "{}", "x"):
        encoded = variant.encode()
        token = signature.sign_detached(encoded, message_key(nodes), typ=signature.MANIFEST).encode()
        forged = {**members, "manifest.json": encoded, "manifest.jws": token}
        refused(nodes, closed(nodes, archived(forged), tmp_path / "p.age"), (r.ManifestMalformed, r.VersionUnknown))


# --- the rows, under a true signature ------------------------------------------------------------------


def _cell(column: str, value: Any, row: int = 0) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        values = table[column].to_pylist()
        values[row] = value
        at = table.schema.get_field_index(column)
        return table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))

    return change


ROWS: dict[str, tuple[Callable[[pa.Table], pa.Table], type[TenunError]]] = {
    "a hidden column": (lambda table: table.append_column("mother_name", table["full_name"]), r.SchemaOther),
    "a column missing": (lambda table: table.drop_columns(["sex"]), r.SchemaOther),
    "columns in another order": (lambda table: table.select(table.column_names[::-1]), r.SchemaOther),
    "a column under another name": (
        lambda table: table.rename_columns(["mother_name" if n == "full_name" else n for n in table.column_names]),
        r.SchemaOther,
    ),
    "another type": (
        lambda table: table.set_column(
            table.schema.get_field_index("age_years"), "age_years", pc.cast(table["age_years"], pa.int64())
        ),
        r.SchemaOther,
    ),
    "a child": (_cell("age_years", 14), r.RowsOther),
    "no age": (_cell("age_years", None), r.RowsOther),
    "someone dead": (_cell("life_status", "dead"), r.RowsOther),
    "another village": (_cell("village_code", VILLAGES[1]), r.RowsOther),
    "no village": (_cell("village_code", None), r.RowsOther),
    "a value outside its list": (_cell("sex", "L"), r.RowsOther),
    "no key": (_cell("person_id", None), r.RowsOther),
    "a person twice": (lambda table: pa.concat_tables([table, table.slice(table.num_rows - 1)]), r.RowsOther),
}


@pytest.mark.parametrize("what", ROWS)
def test_what_signed_rows_may_not_hold_is_refused_by_its_own_check(
    nodes: Nodes, members: Members, tmp_path: Path, what: str
) -> None:
    change, error = ROWS[what]
    forged = with_rows(nodes, members, change)
    problem = refused(nodes, closed(nodes, archived(forged), tmp_path / "p.age"), error)
    assert type(problem) is error


def test_fewer_or_more_rows_than_stated_are_refused(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    for change in (lambda table: table.slice(1), lambda table: pa.concat_tables([table, table.slice(0, 1)])):
        forged = with_rows(nodes, members, change, counts=False)
        refused(nodes, closed(nodes, archived(forged), tmp_path / "p.age"), r.RowsOther)


def test_a_part_that_is_no_parquet_is_refused(nodes: Nodes, members: Members, tmp_path: Path) -> None:
    for data in (b"PAR1 no", members["parts/00001.parquet"][:-40], b"\0" * 100):

        def restate(manifest: dict[str, Any], data: bytes = data) -> None:
            manifest["parts"][0] |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}

        forged = resigned(nodes, {**members, "parts/00001.parquet": data}, restate)
        refused(nodes, closed(nodes, archived(forged), tmp_path / "p.age"), r.RowsOther)


def test_a_small_part_that_unpacks_without_end_is_refused(
    nodes: Nodes, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenun.exchange.parts.MEMORY_MAX", 500)
    refused(nodes, packed, r.TooLarge)


# --- parts of several packs ----------------------------------------------------------------------------


@pytest.fixture
def in_parts(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> tuple[Members, Members]:
    """Two packs of the same places on two days, each in several parts."""
    monkeypatch.setattr("tenun.exchange.parts.cut.__kwdefaults__", {"rows_max": 30})
    first = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    nodes.later(days=2)
    publish_residents(nodes.desa.lake, VILLAGES[0], 44, version="2")
    second = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    return opened(nodes, first.file), opened(nodes, second.file)


def test_parts_cannot_be_dropped_added_reordered_or_swapped_between_packs(
    nodes: Nodes, in_parts: tuple[Members, Members], tmp_path: Path
) -> None:
    one, other = in_parts
    pairs = list(one.items())
    assert len(pairs) == 6
    swapped = {**one, "parts/00002.parquet": other["parts/00002.parquet"]}
    exchanged = {
        **one,
        "parts/00001.parquet": one["parts/00002.parquet"],
        "parts/00002.parquet": one["parts/00001.parquet"],
    }
    manifest_of_other = {**one, "manifest.json": other["manifest.json"], "manifest.jws": other["manifest.jws"]}
    for variant, error in (
        (pairs[:-1], r.ContainerMalformed),
        ([*pairs[:3], *pairs[4:]], r.ContainerMalformed),
        ([*pairs[:2], pairs[3], pairs[2], *pairs[4:]], r.ContainerMalformed),
        ([*pairs, ("parts/00005.parquet", pairs[2][1])], r.ContainerMalformed),
        (list(swapped.items()), r.PartAltered),
        (list(exchanged.items()), r.PartAltered),
        (list(manifest_of_other.items()), r.PartAltered),
        ([pairs[0], ("manifest.jws", other["manifest.jws"]), *pairs[2:]], r.SignatureInvalid),
    ):
        refused(nodes, closed(nodes, archived(variant), tmp_path / "p.age"), error)


def test_a_fault_in_the_last_part_leaves_the_lake_without_the_first(
    nodes: Nodes, in_parts: tuple[Members, Members], tmp_path: Path
) -> None:
    forged = with_rows(nodes, in_parts[0], _cell("life_status", "dead"), part=3)
    refused(nodes, closed(nodes, archived(forged), tmp_path / "p.age"), r.RowsOther)
    assert lake_of(nodes.naker) == {}


# --- time, order and repetition ------------------------------------------------------------------------


def test_a_stale_revision_is_refused_and_both_revisions_are_named(nodes: Nodes, packed: Path, tmp_path: Path) -> None:
    """Pasal 13: after an addendum, yesterday's pack is not taken in."""
    old = nodes.agreement.rev

    def change(document: dict[str, Any]) -> None:
        document["disclosure"]["minimum_cell"] += 5

    revise(nodes, tmp_path / "draft", change)
    assert nodes.agreement.rev != old
    problem = refused(nodes, packed, r.RevisionStale)
    assert problem.parts == {"pack": old, "own": nodes.agreement.rev}


def test_an_agreement_that_is_no_longer_signed_takes_nothing_in(nodes: Nodes, packed: Path) -> None:
    """Pasal 14."""
    (nodes.naker.agreement / "signatures.json").unlink()
    before = lake_of(nodes.naker)
    with pytest.raises(TenunError) as problem:
        unpack.accept(nodes.naker, packed)
    assert problem.value.code == "agreement.not_signed"
    assert lake_of(nodes.naker) == before
    assert last_entry(nodes.naker)["code"] == "agreement.not_signed"


def test_nothing_is_taken_in_after_the_term(nodes: Nodes, packed: Path) -> None:
    """Pasal 6(1): to the second."""
    nodes.clock.moment = nodes.agreement.term.end
    problem = refused(nodes, packed, r.NotPermitted)
    assert isinstance(problem, r.NotPermitted)
    assert any(clause.startswith("6") for clause in problem.denial.clauses)
    nodes.later(seconds=-1)
    assert unpack.accept(nodes.naker, packed)


def test_a_pack_is_taken_in_once_also_after_a_restart(nodes: Nodes, packed: Path, members: Members) -> None:
    unpack.accept(nodes.naker, packed)
    problem = refused(nodes, packed, r.Replayed)
    assert problem.parts["pack"] in packed.name
    nodes.naker = replace(nodes.naker, lake=Lake(nodes.naker.lake.root, nodes.naker.lake._keys))
    refused(nodes, packed, r.Replayed)
    again = closed(nodes, archived(members), packed.with_name("again.age"))
    refused(nodes, again, r.Replayed)


def test_an_older_pack_never_comes_after_a_newer_one_of_the_same_place(nodes: Nodes) -> None:
    old = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="53.17.01")
    elsewhere = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="52.01")
    nodes.later(days=2)
    new = pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan", area="53.17")
    unpack.accept(nodes.naker, new.file)
    problem = refused(nodes, old.file, r.SequenceOld)
    assert problem.parts == {"sequence": 1, "latest": 3}
    unpack.accept(nodes.naker, elsewhere.file)  # other places: the order of files carried by hand does not matter


def test_of_two_that_take_in_the_same_pack_at_once_one_is_refused(nodes: Nodes, packed: Path) -> None:
    outcomes: list[str] = []

    def take() -> None:
        try:
            unpack.accept(nodes.naker, packed)
            outcomes.append("accepted")
        except r.Replayed:
            outcomes.append("replayed")

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["accepted", "replayed"]


class _Killed(BaseException):
    """The process ends here."""


def test_a_run_that_was_killed_while_taking_in_is_finished_by_the_next(
    nodes: Nodes, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = Lake.publish
    calls = 0

    def killed(self: Lake, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise _Killed
        return publish(self, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "publish", killed)
        with pytest.raises(_Killed):
            unpack.accept(nodes.naker, packed)
    accepted = unpack.accept(nodes.naker, packed)
    assert len(accepted.snapshots) == 3
    refused(nodes, packed, r.Replayed)


def test_a_pack_that_changes_while_it_is_taken_in_changes_nothing(
    nodes: Nodes, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is read from our own copy: whoever swaps it afterwards swaps nothing."""
    read = unpack._FirstReading.read

    def swap(self: unpack._FirstReading, path: Path) -> Checked:
        checked = read(self, path)
        packed.write_bytes(b"something else")
        return checked

    monkeypatch.setattr(unpack._FirstReading, "read", swap)
    assert unpack.accept(nodes.naker, packed).manifest.rows


# --- our own faults --------------------------------------------------------------------------------------


def test_every_refusal_has_its_own_code_and_remedies_in_both_languages() -> None:
    found = [thing for thing in vars(r).values() if isinstance(thing, type) and issubclass(thing, r.ExchangeError)]
    codes = [error.code for error in found]
    assert len(found) > 25
    assert len(set(codes)) == len(codes)
    for error in found:
        if error is not r.ExchangeError:
            assert error.code.startswith("exchange.")
            assert all((error.text_id, error.text_en, error.remedy_id, error.remedy_en))


def test_a_node_without_its_pinned_key_signs_nothing(nodes: Nodes, tmp_path: Path) -> None:
    other = open_nodes(tmp_path / "other")
    for name in ("message.jwk",):
        (nodes.desa.keys / name).write_bytes((other.desa.keys / name).read_bytes())
    with pytest.raises(r.KeyNotPinned):
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")
    (nodes.desa.keys / "message.jwk").unlink()
    with pytest.raises(r.KeyUnavailable):
        pack.build(nodes.desa, dataset="sid-warga", purpose="pemadanan")


def test_the_piece_reader_gives_every_byte_whatever_is_asked_for() -> None:
    pieces = [b"abc", b"", b"d", b"efghij"]
    for size in range(1, 12):
        reader = container.PieceReader(iter(pieces))
        found = b""
        while piece := reader.read(size):
            found += piece
        assert found == b"abcdefghij"


def test_a_copy_of_both_nodes_behaves_as_they_do(nodes: Nodes, tmp_path: Path, packed: Path) -> None:
    twin = copy_of(nodes, tmp_path / "twin")
    assert unpack.accept(twin.naker, packed).manifest.pack in packed.name
