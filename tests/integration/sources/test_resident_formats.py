"""Every heading generation and every layout is told from the others and read by its words."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tenun.sources import reading
from tenun.sources.errors import FormatUnknown, NoRows, NotThatFormat
from tenun.sources.residents import FORMATS, formats
from tests.lib.village_files import COLUMNS_2024, VILLAGE, Brought, bring, bring_people, somebody, table, write_xlsx

CORE = (
    "DUSUN RW RT NAMA NO_KK NIK SEX TEMPATLAHIR TANGGALLAHIR AGAMA PENDIDIKAN_KK_ID PENDIDIKAN_SEDANG_ID PEKERJAAN_ID"
)
REST = "STATUS_KAWIN KK_LEVEL WARGANEGARA_ID NAMA_AYAH NAMA_IBU GOLONGAN_DARAH_ID"
HUMAN = (
    "Alamat,Dusun,RW,RT,Nama,Nomor KK,Nomor NIK,Jenis Kelamin,Tempat Lahir,Tanggal Lahir,Agama,Pendidikan (dlm KK),"
    "Pendidikan (sdg ditempuh),Pekerjaan,Kawin,Hub. Keluarga,Kewarganegaraan,Nama Ayah,Nama Ibu,Gol. Darah,Akta Lahir,"
    "Nomor Dokumen Paspor,Tanggal Akhir Paspor,Nomor Dokumen KITAS,NIK Ayah,NIK Ibu,Nomor Akta Perkawinan,"
    "Tanggal Perkawinan,Nomor Akta Perceraian,Tanggal Perceraian,Cacat,Cara KB,Hamil,KTP-el,Status Rekam,"
    "Alamat Sekarang,Status Dasar"
).split(",")
GENERATIONS: dict[str, list[str]] = {
    "opensid-2016-06": (
        "Dusun RW RT Nama_Lengkap No_KK NIK Jenis_Kelamin Tempat_Lahir Tanggal_Lahir Agama Pendidikan_Dalam_KK "
        "Pendidkan_Sedang_Ditempuh Pekerjaan Status_Perkawinan Status_Hubungan_Dalam_Keluarga Kewarganegaraan "
        "Nama_Ayah Nama_Ibu Golongan_Darah Jamkesmas"
    ).split(),
    "opensid-2016-09": f"{CORE} {REST} JAMKESMAS".split(),
    "opensid-2017-01": f"Alamat {CORE} {REST}".split(),
    "opensid-2021-04": HUMAN,
    "opensid-2022-01": [*HUMAN, "Suku", "Tag ID Card", "Asuransi", "Nomor Asuransi"],
    "opensid-2022-11": [column for column in COLUMNS_2024 if column not in ("lat", "lng")],
    "opensid-2024-01": list(COLUMNS_2024),
    "opensid-2025": [*COLUMNS_2024, "ket"],
}
MEANING = {
    "dusun": "dusun", "rw": "rw", "rt": "rt", "nama": "nama", "namalengkap": "nama", "nokk": "no_kk",
    "nomorkk": "no_kk", "nik": "nik", "nomornik": "nik", "sex": "sex", "jeniskelamin": "sex",
    "tempatlahir": "tempatlahir",
    "tanggallahir": "tanggallahir", "pendidikandalamkk": "pendidikan_kk_id", "pendidikankkid": "pendidikan_kk_id",
    "pendidikandlmkk": "pendidikan_kk_id", "pendidkansedangditempuh": "pendidikan_sedang_id",
    "pendidikansedangid": "pendidikan_sedang_id", "pendidikansdgditempuh": "pendidikan_sedang_id",
    "pekerjaan": "pekerjaan_id", "pekerjaanid": "pekerjaan_id", "statusperkawinan": "status_kawin",
    "statuskawin": "status_kawin", "kawin": "status_kawin", "statushubungandalamkeluarga": "kk_level",
    "kklevel": "kk_level", "hubkeluarga": "kk_level", "kewarganegaraan": "warganegara_id",
    "warganegaraid": "warganegara_id", "namaayah": "nama_ayah", "namaibu": "nama_ibu", "statusdasar": "status_dasar",
}  # fmt: skip


def rows_under(headings: list[str], people: list[dict[str, Any]]) -> list[list[Any]]:
    keys = ["".join(c for c in heading.casefold() if c.isalnum()) for heading in headings]
    return [headings, *([person.get(MEANING.get(key, ""), "") for key in keys] for person in people)]


PEOPLE = [
    somebody(1, nama_ayah="AYAH PERTAMA", nama_ibu="IBU PERTAMA"),
    somebody(2, sex="2", pekerjaan_id="2", kk_level="3", no_kk=somebody(1)["no_kk"], pendidikan_sedang_id="7"),
]


@pytest.mark.parametrize("format", GENERATIONS)
@pytest.mark.parametrize("is_text", [False, True], ids=["xlsx", "csv"])
def test_every_generation_is_recognised(format: str, is_text: bool, tmp_path: Path) -> None:
    rows = rows_under(GENERATIONS[format], PEOPLE)
    if is_text:
        path = tmp_path / "penduduk.csv"
        path.write_text("\n".join(";".join(row) for row in rows), encoding="utf-8-sig")
    else:
        path = write_xlsx(tmp_path / "penduduk.xlsx", {"Sheet1": rows})
    brought = bring(tmp_path, path)
    assert brought.report.format == format
    assert (brought.report.rows, brought.report.counts) == (2, {"persons": 2, "families": 1})
    assert brought.report.details["columns_unknown"] == 0
    first, second = brought.persons()
    assert (first["sex"], first["occupation"], first["household_role"]) == ("male", "farmer", "head")
    assert (first["marital_status"], first["education"], first["in_school"]) == ("married", "upper_secondary", False)
    assert (second["sex"], second["occupation"], second["in_school"]) == ("female", "housekeeping", True)
    identifiers = brought.identifiers()[0]
    assert (identifiers["father_name"], identifiers["mother_name"]) == ("AYAH PERTAMA", "IBU PERTAMA")
    assert identifiers["birth_date"] == date(1980, 3, 5)


def test_the_same_people_have_the_same_pseudonyms_in_every_generation(tmp_path: Path) -> None:
    ids = set()
    for format, headings in GENERATIONS.items():
        folder = tmp_path / format
        folder.mkdir()
        brought = bring(folder, write_xlsx(folder / "f.xlsx", {"a": rows_under(headings, PEOPLE)}))
        ids.add(tuple((person["person_id"], person["family_id"]) for person in brought.persons()))
    assert len(ids) == 1


def test_every_name_of_a_format_is_unique_and_can_be_forced(tmp_path: Path) -> None:
    assert len(FORMATS) == len(set(FORMATS))
    path = write_xlsx(tmp_path / "f.xlsx", {"a": table([somebody(1)])})
    assert bring(tmp_path, path, format="opensid").report.format == "opensid-2024-01"
    with pytest.raises(NotThatFormat):
        formats.choose(reading.open_file(path), "siak")


def test_a_file_of_nothing_we_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatUnknown):
        bring(tmp_path, write_xlsx(tmp_path / "f.xlsx", {"a": [["tanggal", "uraian", "jumlah"], ["1", "kas", 3]]}))


def test_several_sheets_and_several_files_are_one_village(tmp_path: Path) -> None:
    first = write_xlsx(
        tmp_path / "a.xlsx", {"RW 1": table([somebody(1)]), "RW 2": table([somebody(2)]), "Catatan": [["-"]]}
    )
    second = write_xlsx(tmp_path / "b.xlsx", {"RW 3": table([somebody(3), somebody(1)])})
    brought = bring(tmp_path, first, second)
    assert (brought.report.rows, brought.report.counts["persons"], brought.report.duplicates) == (4, 3, 1)


# --- civil registry books ----------------------------------------------------------------------

EKTP_HEADING = [
    "No", "Nama Lengkap", "NIK", "Tempat Lahir", "Tanggal Lahir", "JK", "Stat Kwn", "Gol. Drh", "SHDK", "Agama",
    "Pendidikan\nTerakhir", "No Akta Lahir", "Pekerjaan", "Nama Ibu", "Nama Ayah", "Wjb KTP", "KTP-eL",
    "Status", "Stat Rkm",
]  # fmt: skip


def ektp_person(number: int, name: str, nik: str, marital: str, role: str) -> list[Any]:
    return [
        number, name, nik, "LUBUK BESAR", "25-12-1962", "Pr", marital, "-", role, "ISLAM", "TAMAT SD / SEDERAJAT",
        "-", "BELUM / TIDAK BEKERJA", "IBU", "AYAH", "WAJIB", "KTP-eL", "SDH DPT", "CARD\nSHIPPED",
    ]  # fmt: skip


def card_line(number: str, name: str, address: str) -> list[Any]:
    row: list[Any] = [""] * 19
    row[0], row[2], row[11] = number, name, address
    return row


def test_the_book_of_the_ektp_years_is_read_with_its_19_columns(tmp_path: Path) -> None:
    rows = [
        ["BUKU INDUK PENDUDUK WNI"],
        [],
        EKTP_HEADING,
        [str(number) for number in range(1, 20)],
        card_line("1605180812070010", "WARGA SATU", "DESA LUBUK BESAR RT/RW : 002/000 DUSUN : -"),
        ektp_person(1, "WARGA SATU", "1605186512620009", "CM", "KEPALA KELUARGA"),
        ektp_person(2, "WARGA DUA", "1605186512620010", "BK", "ANAK"),
        ["", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "SHIPPED"],
        [],
        card_line("1605180812070011", "WARGA TIGA", "DESA LUBUK BESAR RT/RW : 001/003 DUSUN : TALANG"),
        EKTP_HEADING,
        ektp_person(3, "WARGA TIGA", "1605186512620011", "K", "KEPALA KELUARGA"),
        ["", "", "Mengetahui", "", "KEPALA DESA"],
    ]
    brought = bring(tmp_path, write_xlsx(tmp_path / "bip.xlsx", {"BIP": rows}))
    assert brought.report.format == "bip-ektp"
    assert (brought.report.rows, brought.report.counts) == (3, {"persons": 3, "families": 2})
    assert [person["marital_status"] for person in brought.persons()] == ["widowed", "never_married", "married"]
    assert {person["education"] for person in brought.persons()} == {"primary"}
    assert {person["occupation"] for person in brought.persons()} == {"not_working"}
    assert {person["life_status"] for person in brought.persons()} == {"alive"}
    assert [(row["hamlet"], row["rt"], row["rw"]) for row in brought.identifiers()] == [
        (None, "002", "000"), (None, "002", "000"), ("TALANG", "001", "003"),
    ]  # fmt: skip


def test_families_of_the_ektp_years_without_a_card_are_families_of_their_own(tmp_path: Path) -> None:
    address = "DESA LUBUK BESAR RT/RW : 002/000 DUSUN : -"
    rows = [EKTP_HEADING, card_line("1605180812070010", "WARGA SATU", address)]
    for number, card in enumerate(("0", "", "-"), start=1):
        nik = f"160518651262001{number}"
        rows += [card_line(card, f"WARGA {number}", address), ektp_person(number, "WARGA", nik, "K", "ANAK")]
    brought = bring(tmp_path, write_xlsx(tmp_path / "bip.xlsx", {"BIP": rows}))
    assert (brought.report.rows, brought.report.counts) == (3, {"persons": 3, "families": 3})
    assert {row["family_card"] for row in brought.identifiers()} == {None}


def bip_page(card: str, *numbers: int) -> list[list[Any]]:
    """A page of the 2016 book with its title above and its notes below."""
    heading = [
        "No",
        "Nama Lengkap",
        "NIK",
        "Tempat Lahir",
        "Tgl Lahir",
        "L/P",
        "SHDK",
        "Agama",
        "Pendidikan",
        "Pekerjaan",
    ]
    people = [
        [
            number,
            f"WARGA {number}",
            somebody(number)["nik"],
            "DEPOK",
            "05-03-1980",
            "Lk",
            "ANAK",
            "ISLAM",
            "SLTA",
            "NELAYAN",
        ]
        for number in numbers
    ]
    return [
        ["BUKU INDUK PENDUDUK WNI"], ["PERIODE/TANGGAL", ":", "16-04-2015"], heading,
        [f"No. KK : {card}", "", "Alamat : X, Nama Dusun : Y, RT/RW : 003/001"], *people,
        ["Keterangan: dicetak"], ["1", "bukan orang"], ["", "PEJABAT", "NIP. 196501011990011001"],
    ]  # fmt: skip


@pytest.mark.parametrize("is_one_sheet", [True, False])
def test_titles_and_notes_of_every_page_of_a_book_are_no_persons_and_end_nothing(
    is_one_sheet: bool, tmp_path: Path
) -> None:
    pages = [bip_page("5201149001010001", 1, 2), bip_page("0", 3), bip_page("", 4, 5)]
    sheets = (
        {"BIP": [row for page in pages for row in page]}
        if is_one_sheet
        else {f"BIP_{n}": page for n, page in enumerate(pages)}
    )
    brought = bring(tmp_path, write_xlsx(tmp_path / "bip.xlsx", sheets))
    assert (brought.report.rows, brought.report.rejected, brought.report.duplicates) == (5, 0, 0)
    assert brought.report.counts == {"persons": 5, "families": 3}


def luwu_form(card: str, people: list[list[Any]]) -> list[list[Any]]:
    def line(*cells: tuple[int, Any]) -> list[Any]:
        row: list[Any] = [""] * 15
        for column, value in cells:
            row[column] = value
        return row

    return [
        line((1, "BUKU INDUK KEPENDUDUKAN KABUPATEN LUWU TIMUR (DAFTAR KELUARGA)")),
        [],
        line((1, "PROVINSI :"), (3, "SULAWESI SELATAN"), (10, "NO. KK :"), (11, card)),
        line((1, "KABUPATEN :"), (3, "LUWU TIMUR"), (10, "NAMA. KK :"), (11, "WARGA SATU")),
        line((1, "KECAMATAN :"), (3, "KALAENA"), (10, "ALAMAT :"), (11, "DSN. TAMBAK YOSO,Kodepos :92974,Telp :,-")),
        line((1, "DESA :"), (3, "KALAENA KIRI"), (10, "NO.RT/RW :"), (11, "001/002")),
        [],
        line(*enumerate(
            ["NO", "NIK", "NAMA", "JK", "TMPT LHR", "TGL LHR", "G.DRH", "AGAMA", "STATUS", "HUB.KEL", "PENDIDIKAN",
             "PEKERJAAN", "NAMA IBU", "NAMA AYAH"], start=1)),
        *(line(*enumerate(person, start=1)) for person in people),
        [],
        line((10, "KEPALA DINAS"), (11, "")),
    ]  # fmt: skip


def test_the_form_of_luwu_timur_is_read_family_by_family(tmp_path: Path) -> None:
    def person(number: int, nik: str, name: str) -> list[Any]:
        return [number, nik, name, "P", "PARE-PARE", "30-03-1983", "O", "Islam", "Belum Kawin", "Kepala Keluarga",
                "Akademi/Diploma III/S. Muda", "Pegawai Negeri Sipil", "IBU", "AYAH"]  # fmt: skip

    rows = [
        *luwu_form("7324090803110001", [person(1, "7324097003830009", "WARGA SATU")]),
        *luwu_form(
            "7324090803110002",
            [person(1, "7324097003830010", "WARGA DUA"), person(2, "7324097003830011", "WARGA TIGA")],
        ),
    ]
    brought = bring(tmp_path, write_xlsx(tmp_path / "bip.xlsx", {"BIP": rows}))
    assert brought.report.format == "bip-luwu-timur"
    assert (brought.report.rows, brought.report.counts) == (3, {"persons": 3, "families": 2})
    assert {person["education"] for person in brought.persons()} == {"diploma_3"}
    assert {(row["hamlet"], row["rt"], row["rw"]) for row in brought.identifiers()} == {("TAMBAK YOSO", "001", "002")}


# --- OpenKab -----------------------------------------------------------------------------------


def page(kind: str, *attributes: dict[str, Any]) -> dict[str, Any]:
    data = [{"type": kind, "id": str(n), "attributes": each} for n, each in enumerate(attributes, start=1)]
    return {"data": data, "meta": {"pagination": {"total": len(data)}}}


def openkab_person(number: int, village: str = VILLAGE) -> dict[str, Any]:
    person = somebody(number)
    return {
        "nama": person["nama"], "nik": person["nik"], "sex": 1, "tanggallahir": "05-03-1980", "tempatlahir": "MATARAM",
        "status_kawin": {"id": 3, "nama": "CERAI HIDUP"}, "pekerjaan_id": None, "status_dasar": 1, "kk_level": 1,
        "keluarga": {"no_kk": person["no_kk"]}, "config": {"kode_desa": village.replace(".", "")},
    }  # fmt: skip


def brought_pages(tmp_path: Path, *pages: dict[str, Any]) -> Brought:
    paths = []
    for number, each in enumerate(pages):
        paths.append(tmp_path / f"page{number}.json")
        paths[-1].write_text(json.dumps(each))
    return bring(tmp_path, *paths)


def test_pages_of_openkab_are_one_village_and_work_pages_fill_in_what_is_empty(tmp_path: Path) -> None:
    work = {"nik": somebody(1)["nik"], "pekerjaan": "PEGAWAI NEGERI SIPIL (PNS)", "jabatan": "TIDAK TAHU"}
    unknown = {"nik": somebody(2)["nik"], "pekerjaan": "TIDAK TAHU", "pelatihan": "TIDAK TAHUN"}
    brought = brought_pages(
        tmp_path,
        page("penduduk", openkab_person(1), openkab_person(2)),
        page("penduduk", openkab_person(3), openkab_person(4, "52.01.14.2006")),
        page("ketenagakerjaan", work, unknown),
    )
    report = brought.report
    assert report.format == "openkab-penduduk+openkab-ketenagakerjaan"
    assert (report.rows, report.rejected, report.duplicates, report.counts["persons"]) == (6, 1, 2, 3)
    assert [person["occupation"] for person in brought.persons()] == ["civil_servant", "missing", "missing"]
    assert {person["marital_status"] for person in brought.persons()} == {"divorced"}


def test_a_work_page_alone_names_persons_by_their_nik(tmp_path: Path) -> None:
    nobody = {"nik": "0", "pekerjaan": "PETANI/PEKEBUN"}
    brought = brought_pages(
        tmp_path, page("ketenagakerjaan", {"nik": somebody(1)["nik"], "pekerjaan": "PETANI/PEKEBUN"}, nobody)
    )
    assert (brought.report.counts["persons"], brought.report.rejected) == (1, 1)
    assert brought.persons()[0]["occupation"] == "farmer"


# --- Regsosek ----------------------------------------------------------------------------------


def test_regsosek_reads_work_school_difficulty_and_insurance_by_question(tmp_path: Path) -> None:
    who_heading = ["401", "402 Nama", "403 NIK"]
    heading = ["no kartu keluarga", *who_heading, "404", "405", "406", "408", "409", "412", "415", "416a", "417", "418",
               *who_heading, "428a", "428b", *who_heading, "431f"]  # fmt: skip

    def member(card: Any, number: int, work: str, disability: str, insurance: Any) -> list[Any]:
        person = somebody(number)
        who = [number % 10, person["nama"], person["nik"]]
        return [card, *who, "1", "2", 29314, "2", "1", 2, 8, work, "1", "", *who, "4", disability, *who, insurance]

    rows = [["", "IV."], ["", "A."], heading, member("5201149001010001", 1, "1", "1", 5), member("", 2, "2", "4", 0),
            member("5201149001010002", 1, "1", "", 99), member("", 2, "", "3", "")]  # fmt: skip
    rows[5][2], rows[5][3] = "WARGA LAIN", "5201140503801111"
    rows[6][2], rows[6][3] = "WARGA LAIN LAGI", "5201140503801112"
    sheets = {"1.keterangan tempat": [["x"]], "4.ket sos-ek anggota": rows}
    brought = bring(tmp_path, write_xlsx(tmp_path / "regsosek.xlsx", sheets))
    assert (brought.report.format, brought.report.counts) == ("regsosek-2022", {"persons": 4, "families": 2})
    assert [person["activity"] for person in brought.persons()] == ["working", "not_working", "working", "missing"]
    assert [person["disability"] for person in brought.persons()] == ["some", "none", "none", "none"]
    assert [person["job_social_security"] for person in brought.persons()][:2] == ["participant", "not_participant"]
    assert {person["in_school"] for person in brought.persons()} == {True}
    assert {row["birth_date"] for row in brought.identifiers()} == {date(1980, 4, 3)}


def test_columns_filled_down_below_the_data_are_no_rows(tmp_path: Path) -> None:
    heading, *people = table([somebody(1), somebody(2)])
    rows = [["NO", *heading, "UMUR"], *([n, *row, 40] for n, row in enumerate(people, start=1))]
    rows += [[number, *[""] * len(heading), 126] for number in range(3, 30)]
    brought = bring(tmp_path, write_xlsx(tmp_path / "f.xlsx", {"a": rows}))
    assert (brought.report.rows, brought.report.rejected) == (2, 0)


def test_unknown_words_keep_the_person_in_every_coded_column(tmp_path: Path) -> None:
    fields = ("sex", "pendidikan_kk_id", "pendidikan_sedang_id", "pekerjaan_id", "status_kawin", "kk_level",
              "warganegara_id", "cacat_id", "status_dasar")  # fmt: skip
    brought = bring_people(tmp_path, somebody(1, **dict.fromkeys(fields, "entah apa")))
    person = brought.persons()[0]
    for column in ("sex", "education", "occupation", "activity", "marital_status", "household_role", "citizenship",
                   "disability", "life_status"):  # fmt: skip
        assert person[column] == "unmapped", column
    assert {each["field"] for each in brought.problems() if each["rule"].endswith(".unmapped")} == set(fields)
    assert not any("entah" in value for each in brought.problems() for value in each.values())


def test_a_book_goes_on_in_a_sheet_without_a_heading(tmp_path: Path) -> None:
    heading = [
        "No",
        "Nama Lengkap",
        "NIK",
        "Tempat Lahir",
        "Tgl Lahir",
        "L/P",
        "SHDK",
        "Agama",
        "Pendidikan",
        "Pekerjaan",
    ]

    def person(number: int) -> list[Any]:
        nik = somebody(number)["nik"]
        return [number, f"WARGA {number}", nik, "DEPOK", "05-03-1980", "Lk", "ANAK", "ISLAM", "SLTA", "NELAYAN"]

    def card(number: str) -> list[Any]:
        return [f"No. KK : {number}", "", "Alamat : X, Nama Dusun : Y, RT/RW : 003/001"]

    first = [heading, card("5201149001010001"), person(1), card("5201149001010002"), person(2)]
    second = [["Nama Orang Tua Kandung"], card("5201149001010003"), person(3), person(4), ["Keterangan:"], person(5)]
    brought = bring(tmp_path, write_xlsx(tmp_path / "bip.xlsx", {"BIP_1": first, "BIP_2": second, "Catatan": [["x"]]}))
    assert brought.report.format == "bip-2016"
    assert (brought.report.rows, brought.report.counts) == (4, {"persons": 4, "families": 3})
    assert {person["occupation"] for person in brought.persons()} == {"fisher"}


def test_a_page_without_residents_is_refused_for_having_no_rows(tmp_path: Path) -> None:
    with pytest.raises(NoRows):
        brought_pages(tmp_path, page("penduduk"))
