# ruff: noqa: E501 (the two languages of a sentence stand side by side)
"""What was measured, put into sections and tables in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tenun.disclosure.profile import MINISTRIES
from tenun.lake.snapshot import Snapshot
from tenun.linkage.assignment import MatchClass
from tenun.linkage.comparisons import COMPARISONS
from tenun.linkage.inputs import RESIDENTS, SEEKERS_SIDE
from tenun.linkage.model import Model
from tenun.linkage.reasons import REASONS, Words
from tenun.linkage.report.document import Cell, Document, Section, Table, count, number, say, share, text
from tenun.linkage.report.measure import DIMENSIONS, DISTRICTS, OTHERS, REGENCIES, Measured, Place
from tenun.linkage.report.small_groups import Told
from tenun.linkage.review.estimate import Estimate, Share, wilson
from tenun.linkage.review.sample import UNKNOWN
from tenun.linkage.self_test import Found, SelfTest

NameOf = Callable[[str], str]
"""The name of a region by its code; empty where it has none."""

# A table longer than this is read by nobody: then the villages with the lowest rates are told of.
VILLAGES_MAX = 2_000

TITLE = Words("Laporan pemadanan warga dengan akun SIAPKerja", "Report on linking residents with SIAPKerja accounts")
ACCOUNTS = Words("Akun", "Accounts")
LINKED = Words("Dipadankan", "Linked")
REVIEW = Words("Diperiksa", "For review")
GAP = Words("Selisih dari semua (poin)", "Gap to all (points)")

GROUPS = {
    "male": Words("Laki-laki", "Men"),
    "female": Words("Perempuan", "Women"),
    UNKNOWN: Words("Tidak diketahui", "Not known"),
    OTHERS: Words("Kelompok kecil, digabung", "Small groups, together"),
    "disadvantaged": Words("Daerah tertinggal", "Disadvantaged regencies"),
    "not_disadvantaged": Words("Kabupaten/kota lainnya", "Other regencies"),
    "one_word": Words("Nama satu kata", "Name of one word"),
    "more_words": Words("Nama lebih dari satu kata", "Name of more words"),
    "nik_usable": Words("NIK akun dapat dipakai", "Account's NIK usable"),
    "nik_unusable": Words("NIK akun kosong atau tidak dapat dipakai", "Account's NIK missing or unusable"),
}
CLASSES = {
    MatchClass.NIK: Words("NIK sama, didukung data lain (nik)", "NIK equal and borne out (nik)"),
    MatchClass.PROBABLE: Words("Tanpa NIK, data lain cukup (probable)", "By everything else (probable)"),
    MatchClass.REVIEW: Words("Menunggu pemeriksaan orang (review)", "For a person to judge (review)"),
    MatchClass.NONE: Words("Tidak ada calon (none)", "No candidate (none)"),
}
FIELD_NAMES = {
    "nik": Words("NIK", "NIK"),
    "name": Words("Nama", "Name"),
    "birth_date": Words("Tanggal lahir", "Birth date"),
    "sex": Words("Jenis kelamin", "Sex"),
    "village": Words("Desa", "Village"),
    "address": Words("Alamat", "Address"),
}
THRESHOLDS = {
    "nik_others_min": Words("NIK sama: bobot data lain paling sedikit", "NIK equal: least weight of the rest"),
    "nik_person_min": Words(
        "NIK sama: bobot nama, tanggal, kelamin paling sedikit", "NIK equal: least weight of name, date and sex"
    ),
    "nik_bare_min": Words(
        "NIK sama, akun tanpa nama dan tanggal: bobot paling sedikit",
        "NIK equal, account with neither name nor date: least weight",
    ),
    "nik_shared_max": Words("NIK yang dipakai lebih banyak catatan bukan kunci", "A NIK of more records is no key"),
    "probable_weight_min": Words("Tanpa NIK: bobot paling sedikit", "Without NIK: least weight"),
    "probable_probability_min": Words("Tanpa NIK: peluang paling sedikit", "Without NIK: least probability"),
    "stranger_weight_min": Words("Nama tidak mirip: bobot paling sedikit", "Name not even similar: least weight"),
    "second_account_bits": Words("Akun kedua orang yang sama (bit)", "Second account of one person (bits)"),
    "review_weight_min": Words("Diperiksa orang mulai bobot", "For review from this weight on"),
    "prior_expected_share": Words(
        "Bagian akun yang orangnya terdaftar, sebelum tahap pertama",
        "Share of accounts whose person is registered, before the first stage",
    ),
    "blocking_shared_max": Words(
        "Kunci yang dipakai lebih banyak akun tidak dicari", "A key of more accounts is not searched"
    ),
}


@dataclass(frozen=True)
class Material:
    """All that a report is written from."""

    crosswalk: Snapshot
    measured: Measured
    model: Model
    """As the run used it."""
    sides: Mapping[str, Sequence[Snapshot]]
    """Dataset -> the snapshots that were read."""
    left_out: Mapping[str, Sequence[str]]
    self_test: SelfTest | None
    estimate: Estimate | None
    has_disability: bool
    name_of: NameOf


def write(told: Material) -> Document:
    """The report. The same measurements give the same document."""
    return Document(
        crosswalk=told.crosswalk.reference,
        as_of=told.crosswalk.as_of.isoformat(),
        is_invented=bool(told.crosswalk.details.get("invented")),
        title=TITLE,
        sections=(
            _outcome(told),
            _inputs(told),
            _rules(told),
            _places(told),
            _bias(told),
            _quality(told),
            _reasons(told),
        ),
        model={
            "id": told.model.id,
            "prior": told.model.prior,
            "second_account_bits": float(told.crosswalk.origin.settings["second_account_bits"]),
            "m_u": {
                field: {code: list(m_u) for code, m_u in levels.items()}
                for field, levels in told.model.probabilities.items()
            },
        },
    )


def _outcome(told: Material) -> Section:
    details, measured = told.crosswalk.details, told.measured
    linked: Mapping[str, int] = details["linked"]
    rows = tuple(
        (Cell(text=words), count(int(linked[name])), _of(int(linked[name]), measured.accounts))
        for name, words in CLASSES.items()
    )
    second = int(details.get("second_accounts", 0))
    every, linked_ones = count(measured.accounts), count(measured.linked)
    return Section(
        "outcome",
        Words("Hasil", "Outcome"),
        (
            Words(
                f"Dari {say(every, 'id')} akun, {say(linked_ones, 'id')} dipadankan dengan seorang warga.",
                f"Of {say(every, 'en')} accounts, {say(linked_ones, 'en')} are linked with a resident.",
            ),
            Words(
                "Akun yang tidak dipadankan belum tentu salah: orangnya mungkin tinggal di desa yang datanya tidak ada di sini.",
                "An account that is not linked need not be an error: its person may live in a village whose data is not here.",
            ),
        ),
        (
            Table(
                "classes",
                Words("Akun menurut golongan padanan", "Accounts by match class"),
                (Words("Golongan", "Class"), ACCOUNTS, Words("Bagian", "Share")),
                (
                    *rows,
                    (
                        text(
                            "Akun kedua dari orang yang sama (termasuk di atas)",
                            "Second accounts of one person (among the above)",
                        ),
                        count(second),
                        _of(second, measured.accounts),
                    ),
                ),
            ),
        ),
    )


def _inputs(told: Material) -> Section:
    names = {
        RESIDENTS.dataset: Words("Warga (SID)", "Residents (SID)"),
        SEEKERS_SIDE.dataset: Words("Akun (SIAPKerja)", "Accounts (SIAPKerja)"),
    }
    rows = tuple(
        (
            Cell(text=names[dataset]),
            count(len(snapshots)),
            count(int(told.crosswalk.details["persons" if dataset == RESIDENTS.dataset else "seekers"])),
            text(_range(snapshots)),
        )
        for dataset, snapshots in told.sides.items()
    )
    sides = {"residents": names[RESIDENTS.dataset], "accounts": names[SEEKERS_SIDE.dataset]}
    complete = tuple(
        (
            Cell(text=sides[side]),
            count(found.residents),
            *(_of(part, found.residents) for part in (found.nik, found.date, found.name)),
        )
        for side, found in told.measured.completeness.items()
    )
    tables = [
        Table(
            "inputs",
            Words("Data yang dibaca", "Data that was read"),
            (
                Words("Sisi", "Side"),
                Words("Potret", "Snapshots"),
                Words("Baris", "Rows"),
                Words("Tanggal data", "Date of the data"),
            ),
            rows,
        ),
        Table(
            "completeness",
            Words("Kelengkapan tiap sisi", "Completeness of each side"),
            (
                Words("Sisi", "Side"),
                Words("Baris", "Rows"),
                Words("NIK dapat dipakai", "NIK usable"),
                Words("Tanggal lahir ada", "Birth date present"),
                Words("Nama ada", "Name present"),
            ),
            complete,
        ),
    ]
    if told.left_out:
        tables.append(
            Table(
                "left_out",
                Words("Desa yang datanya tidak dibaca", "Villages whose data was not read"),
                (Words("Desa", "Village"), Words("Sebab (kode)", "Reason (code)")),
                tuple(
                    (text(_place(told, scope)), text(", ".join(codes)))
                    for scope, codes in sorted(told.left_out.items())
                ),
            )
        )
    whole = Words(
        "Menurut perjanjian, data desa berikut tidak boleh dipakai untuk pemadanan dan tidak dibaca.",
        "Under the agreement, the data of these villages may not be used for linkage and was not read.",
    )
    none = Words("Tidak ada desa yang ditinggalkan.", "No village was left out.")
    return Section("inputs", Words("Data", "Inputs"), (whole if told.left_out else none,), tuple(tables))


def _rules(told: Material) -> Section:
    origin: Mapping[str, Any] = told.crosswalk.origin.settings
    provenance = told.model.provenance
    signature = told.crosswalk.details.get("model_signature") or (
        told.model.signature.as_dict() if told.model.signature else None
    )
    facts: list[tuple[Cell, ...]] = [
        (text("Aturan pemadanan", "Linkage rules"), text(str(origin["rule_version"]))),
        (text("Model", "Model"), text(str(origin["model"]))),
        (text("Dilatih atas", "Trained on"), text("; ".join(str(one) for one in _short(provenance.get("trained_on", [])))) ),
        (text("m berasal dari", "m comes from"), text(str(provenance.get("m_from", "–")))),
        (text("Tanda tangan model", "Signature of the model"), text(f"{signature['party']} {signature['key']}") if signature else text("model bawaan, tanpa tanda tangan", "shipped model, not signed")),
        (text("Revisi perjanjian", "Revision of the agreement"), text(str(told.crosswalk.details.get("agreement_rev", "–"))[:12])),
        (text("Bagian akun yang orangnya diperkirakan ada", "Share of accounts whose person is thought to be there"), _plain(told.crosswalk.details.get("expected_share"))),
    ]  # fmt: skip
    thresholds = tuple(
        (Cell(text=words), _number(origin[name])) for name, words in THRESHOLDS.items() if name in origin
    )
    blocked: Mapping[str, int] = told.crosswalk.details.get("pairs", {})
    crowded: Mapping[str, int] = told.crosswalk.details.get("crowded", {})
    tables = [
        Table("rules", Words("Versi", "Versions"), (Words("Apa", "What"), Words("Isi", "Value")), tuple(facts)),
        Table(
            "thresholds",
            Words("Batas keputusan (bobot dalam bit)", "Thresholds (weights in bits)"),
            (Words("Batas", "Threshold"), Words("Nilai", "Value")),
            thresholds,
        ),
    ]
    if blocked:
        tables.append(
            Table(
                "blocking",
                Words("Pasangan yang dibandingkan, menurut aturan pencarian", "Pairs compared, by search rule"),
                (
                    Words("Aturan", "Rule"),
                    Words("Pasangan", "Pairs"),
                    Words("Akun yang kuncinya terlalu umum", "Accounts whose key is too common"),
                ),
                tuple(
                    (text(name), count(int(pairs)), count(int(crowded.get(name, 0)))) for name, pairs in blocked.items()
                ),
            )
        )
    return Section("rules", Words("Aturan dan model", "Rules and model"), (), tuple(tables))


def _places(told: Material) -> Section:
    measured = told.measured
    shown = sorted(measured.villages, key=lambda place: (place.group.linked / place.group.accounts, place.code))[
        :VILLAGES_MAX
    ]
    rows = tuple(
        (
            text(_together(told, place)),
            count(place.group.accounts),
            _of(place.group.linked, place.group.accounts),
            count(place.completeness.residents),
            *(
                _of(part, place.completeness.residents)
                for part in (place.completeness.nik, place.completeness.date, place.completeness.name)
            ),
        )
        for place in sorted(shown, key=lambda place: (place.code, place.is_together))
    )
    note = (
        Words(
            f"Ditunjukkan {VILLAGES_MAX} desa dengan bagian terendah.",
            f"Shown: the {VILLAGES_MAX} villages with the lowest share.",
        )
        if len(measured.villages) > VILLAGES_MAX
        else None
    )
    residents = Words("Warga tercatat", "Residents listed")
    paragraphs = (
        Words(
            "Bagian akun yang dipadankan, menurut desa yang disebut akun itu; di sampingnya kelengkapan register desa.",
            "Share of accounts that are linked, by the village that the account claims; beside it, how complete that village's register is.",
        ),
        Words(
            f"Desa dengan kurang dari {MINISTRIES.minimum_denominator} akun, atau yang hampir semua atau hampir tak satu pun akunnya dipadankan, digabung dengan desa lain sekecamatan.",
            f"A village with fewer than {MINISTRIES.minimum_denominator} accounts, or of which nearly all or nearly none are linked, is told of together with others of its district.",
        ),
    )
    return Section(
        "places",
        Words("Menurut wilayah", "By area"),
        paragraphs,
        (
            _areas(told, "regencies", REGENCIES, measured.regencies),
            _areas(told, "districts", DISTRICTS, measured.districts),
            Table(
                "villages",
                Words("Menurut desa", "By village"),
                (
                    Words("Desa", "Village"),
                    ACCOUNTS,
                    LINKED,
                    residents,
                    Words("NIK dapat dipakai", "NIK usable"),
                    Words("Tanggal lahir ada", "Birth date present"),
                    Words("Nama ada", "Name present"),
                ),
                rows,
                note,
            ),
        ),
    )


def _areas(told: Material, code: str, title: Words, found: Told) -> Table:
    rows = [
        (
            text(_region(told, group.name, found)),
            count(group.accounts),
            _rate(group.linked, group.accounts),
            _gap(told, group.linked, group.accounts),
        )
        for group in found.groups
    ]
    return Table(code, title, (Words("Wilayah", "Area"), ACCOUNTS, LINKED, GAP), tuple(rows))


def _bias(told: Material) -> Section:
    measured = told.measured
    tables = [
        Table(
            f"by_{dimension.code}",
            dimension.title,
            (Words("Kelompok", "Group"), ACCOUNTS, LINKED, REVIEW, GAP),
            tuple(
                (
                    Cell(text=_group(dimension.code, group.name)),
                    count(group.accounts),
                    _rate(group.linked, group.accounts),
                    _of(group.review, group.accounts),
                    _gap(told, group.linked, group.accounts),
                )
                for group in measured.by[dimension.code].groups
            ),
        )
        for dimension in DIMENSIONS
        if dimension.code in measured.by and not measured.by[dimension.code].is_empty
    ]
    paragraphs = [
        Words(
            "Bila satu kelompok lebih jarang dipadankan, angka desa menghitungnya lebih sedikit. Selisih dalam poin persen dari semua akun; dalam kurung selang 95 %.",
            "Where a group is linked less often, village figures count less of it. The gap is in percentage points to all accounts; in brackets the 95 % interval.",
        ),
        Words(
            f"Kelompok dengan kurang dari {MINISTRIES.minimum_denominator} akun tidak ditunjukkan.",
            f"Groups of fewer than {MINISTRIES.minimum_denominator} accounts are not shown.",
        ),
    ]
    if not told.has_disability:
        paragraphs.append(
            Words(
                "Disabilitas tidak dirinci: perjanjian tidak mengizinkan data itu dipakai untuk pemadanan.",
                "Disability is not broken down: the agreement does not allow it to be used for linkage.",
            )
        )
    return Section(
        "bias",
        Words("Apakah semua kelompok dipadankan sama baiknya?", "Is every group linked as well as the others?"),
        tuple(paragraphs),
        tuple(tables),
    )


def _quality(told: Material) -> Section:
    tables = []
    paragraphs = []
    if told.self_test is not None:
        found = told.self_test
        paragraphs.append(
            Words(
                "Uji NIK tersembunyi: NIK akun yang sudah dipadankan dengan NIK disembunyikan, lalu semuanya dipadankan lagi. Orang tanpa NIK mungkin tercatat lebih buruk, jadi angka ini lebih tinggi daripada yang mereka alami.",
                "Hidden-NIK test: the NIK of accounts linked by NIK is hidden and everything is linked again. People without a NIK may be recorded worse, so these figures are rather above what such people get.",
            )
        )
        rows = [_self_test_row(Words("Semua", "All"), found.overall)]
        for dimension, values in found.by.items():
            rows += [_self_test_row(_self_test_name(told, dimension, name), one) for name, one in values.items()]
        tables.append(
            Table(
                "self_test",
                Words("Uji NIK tersembunyi (tahap kedua)", "Hidden-NIK test (second stage)"),
                (
                    Words("Kelompok", "Group"),
                    Words("NIK disembunyikan", "NIKs hidden"),
                    Words("Ditemukan kembali", "Found again (recall)"),
                    Words("Benar dari yang diterima", "Right among accepted (precision)"),
                ),
                tuple(rows),
            )
        )
    else:
        paragraphs.append(
            Words(
                "Uji NIK tersembunyi tidak dijalankan: terlalu sedikit akun yang dipadankan dengan NIK.",
                "The hidden-NIK test was not run: too few accounts are linked by NIK.",
            )
        )
    if told.estimate is not None:
        one = told.estimate
        tables.append(
            Table(
                "judged",
                Words("Menurut contoh yang diperiksa orang", "By the sample that people judged"),
                (Words("Ukuran", "Measure"), Words("Nilai", "Value"), Words("Pasangan diperiksa", "Pairs judged")),
                (
                    (
                        text("Benar dari yang diterima", "Right among accepted (precision)"),
                        _estimated(one.precision),
                        count(one.precision.judged),
                    ),
                    (
                        text("Diterima dari calon yang benar", "Accepted among right candidates"),
                        _estimated(one.recall_within_candidates),
                        count(one.recall_within_candidates.judged),
                    ),
                ),
            )
        )
    else:
        paragraphs.append(
            Words(
                "Belum ada contoh yang diperiksa orang untuk pemadanan ini.",
                "No sample of this linkage has been judged by people yet.",
            )
        )
    return Section("quality", Words("Seberapa benar?", "How right is it?"), tuple(paragraphs), tuple(tables))


def _reasons(told: Material) -> Section:
    held = told.measured.held_back
    tables = []
    if held:
        tables.append(
            Table(
                "held_back",
                Words("Mengapa menunggu pemeriksaan", "Why a person must judge"),
                (Words("Sebab", "Reason"), ACCOUNTS),
                tuple(
                    (Cell(text=REASONS.get(code, Words(code, code))), count(accounts))
                    for code, accounts in held.items()
                ),
            )
        )
    for comparison in COMPARISONS:
        levels = told.measured.levels[comparison.field]
        tables.append(
            Table(
                f"levels_{comparison.field}",
                FIELD_NAMES[comparison.field],
                (
                    Words("Hasil perbandingan", "Outcome"),
                    Words("Bobot (bit)", "Weight (bits)"),
                    *(CLASSES[MatchClass(name)] for name in next(iter(levels.values()))),
                ),
                tuple(
                    (
                        Cell(text=REASONS[level.code]),
                        Cell() if level.is_null else number(told.model.weight(comparison.field, level.code)),
                        *(count(accounts) for accounts in levels[level.code].values()),
                    )
                    for level in comparison.levels
                ),
            )
        )
    return Section(
        "reasons",
        Words("Alasan", "Reasons"),
        (Words("Hasil tiap perbandingan pada pasangan yang dipilih, menurut golongan.", "The outcome of each comparison in the chosen pairs, by class."),),
        tuple(tables),
    )  # fmt: skip


# --- cells -------------------------------------------------------------------------------------------


def _of(part: int, whole: int) -> Cell:
    return share(part / whole) if whole else Cell()


def _rate(part: int, whole: int) -> Cell:
    """A share with its interval."""
    return share(part / whole, *wilson(part / whole, whole)) if whole else Cell()


def _gap(told: Material, part: int, whole: int) -> Cell:
    measured = told.measured
    return number(100 * (part / whole - measured.linked / measured.accounts)) if whole and measured.accounts else Cell()


def _plain(value: Any) -> Cell:
    return share(float(value)) if value is not None else Cell()


def _number(value: Any) -> Cell:
    return count(value) if isinstance(value, int) else number(float(value))


def _estimated(value: Share) -> Cell:
    if value.value is None:
        return text("belum cukup diperiksa", "not enough judged yet")
    return share(value.value, value.low, value.high)


def _self_test_row(name: Words, found: Found) -> tuple[Cell, ...]:
    recall = share(*found.recall) if found.recall else Cell()
    precision = share(*found.precision) if found.precision else Cell()
    return Cell(text=name), count(found.hidden), recall, precision


def _self_test_name(told: Material, dimension: str, name: str) -> Words:
    if dimension == "regency" and name != UNKNOWN:
        place = _place(told, name)
        return Words(place, place)
    return _group(dimension, name)


def _group(dimension: str, name: str) -> Words:
    if dimension == "age_band" and name[:1].isdigit():
        years = name.replace("-", "–")
        return Words(f"{years} tahun", f"{years} years")
    return GROUPS.get(name, Words(name, name))


def _place(told: Material, code: str) -> str:
    name = told.name_of(code)
    return f"{code} {name}".strip()


def _region(told: Material, code: str, found: Told) -> str:
    if code == OTHERS:
        return f"{GROUPS[OTHERS].id} / {GROUPS[OTHERS].en}"
    if code == UNKNOWN:
        return f"{GROUPS[UNKNOWN].id} / {GROUPS[UNKNOWN].en}"
    is_together = bool(found.together) and code.count(".") < max(name.count(".") for name in found.together)
    return f"{_place(told, code)}: {GROUPS[OTHERS].id} / {GROUPS[OTHERS].en}" if is_together else _place(told, code)


def _together(told: Material, place: Place) -> str:
    if place.code == UNKNOWN:
        return f"{GROUPS[UNKNOWN].id} / {GROUPS[UNKNOWN].en}"
    return (
        f"{_place(told, place.code)}: {GROUPS[OTHERS].id} / {GROUPS[OTHERS].en}"
        if place.is_together
        else _place(told, place.code)
    )


def _short(trained_on: Sequence[str]) -> Iterator[str]:
    """A few snapshots by name, many by their number."""
    if len(trained_on) <= 4:
        yield from trained_on
    else:
        yield f"{len(trained_on)} snapshots"


def _range(snapshots: Sequence[Snapshot]) -> str:
    days: list[date] = sorted({snapshot.as_of for snapshot in snapshots})
    return days[0].isoformat() if len(days) == 1 else f"{days[0].isoformat()} – {days[-1].isoformat()}"
