"""The rules that rows of residents are held against."""

from __future__ import annotations

from tenun.registry.identifiers import NikClass, Warn
from tenun.sources.rules import Rule, Severity, define

NAME_MISSING = define(
    "name.missing",
    Severity.REJECT,
    text_id="Nama kosong, sehingga baris ini tidak menyebut siapa pun.",
    text_en="The name is empty, so the row names nobody.",
    remedy_id="Isi nama lengkap sesuai kartu keluarga, atau hapus barisnya.",
    remedy_en="Fill in the full name as on the family card, or delete the row.",
)
WHO_MISSING = define(
    "person.unknown",
    Severity.REJECT,
    text_id="Baris tanpa nama dan tanpa NIK yang dapat dipakai.",
    text_en="The row has neither a name nor a NIK that can be used.",
    remedy_id="Lengkapi NIK pada sistem asal.",
    remedy_en="Complete the NIK in the system it comes from.",
)
VILLAGE_OTHER = define(
    "village.other",
    Severity.REJECT,
    text_id="Baris ini menyebut desa lain daripada desa yang dimasukkan.",
    text_en="The row names another village than the one being brought in.",
    remedy_id="Masukkan baris itu bersama berkas desanya sendiri; periksa juga apakah kodenya kode BPS.",
    remedy_en="Bring the row in with its own village; check also whether the code is BPS's.",
)
PERSON_TWICE = define(
    "person.twice",
    Severity.DUPLICATE,
    text_id="Orang yang sama (NIK sama) ada di baris lain; baris lain itu yang dipakai.",
    text_en="The same person (same NIK) stands in another row, and that row is used.",
    remedy_id="Hapus baris yang tidak berlaku lagi.",
    remedy_en="Delete the row that no longer holds.",
)
PERSON_TWICE_OTHER = define(
    "person.twice_with_other_name",
    Severity.DUPLICATE,
    text_id="NIK yang sama ada di baris lain dengan nama dan tanggal lahir lain; hanya satu baris yang dipakai.",
    text_en="The same NIK stands in another row with another name and birth date; only one row is used.",
    remedy_id="Cocokkan NIK kedua orang itu dengan kartu keluarganya, lalu perbaiki yang salah.",
    remedy_en="Compare the NIK of both persons with their family cards and correct the wrong one.",
)
PERSON_TWICE_WITHOUT_NIK = define(
    "person.twice_without_nik",
    Severity.DUPLICATE,
    text_id="Nama, tempat, dan tanggal lahir orang tanpa NIK tetap ini sama dengan baris lain; baris itu yang dipakai.",
    text_en="This person without a lasting NIK has name, birth place and birth date of another row, which is used.",
    remedy_id="Hapus salah satu baris; bila memang dua orang, lengkapi NIK keduanya.",
    remedy_en="Delete one of the rows; if they are two persons, complete the NIK of both.",
)
PERSON_PERHAPS_TWICE = define(
    "person.perhaps_twice",
    Severity.WARN,
    text_id="Nama dan tanggal lahir sama dengan baris lain yang NIK-nya berbeda: mungkin satu orang.",
    text_en="Name and birth date equal those of another row with another NIK: perhaps one person.",
    remedy_id="Periksa apakah ini satu orang; bila ya, pertahankan satu baris saja.",
    remedy_en="Check whether this is one person; if so, keep one row only.",
)
NIK_SHARED = define(
    "nik.shared_by_many",
    Severity.WARN,
    text_id="NIK ini dipakai tiga orang atau lebih: angka isian, bukan NIK. Orangnya tetap masuk tanpa NIK.",
    text_en="Three or more persons carry this NIK: a filler, not a NIK. The persons are kept without one.",
    remedy_id="Isi NIK masing-masing, atau 0 bila belum diketahui.",
    remedy_en="Fill in each person's own NIK, or 0 where it is not known yet.",
)


def _number_rules(prefix: str, noun: str) -> dict[str, Rule]:
    """The rules about a NIK or a family card number: the same forms, the same odd things."""

    def warn(code: str, text_id: str, text_en: str, remedy_id: str, remedy_en: str) -> Rule:
        return define(
            f"{prefix}.{code}", Severity.WARN,
            text_id=text_id.format(noun=noun), text_en=text_en.format(noun=f"The {noun}"),
            remedy_id=remedy_id.format(noun=noun), remedy_en=remedy_en.format(noun=noun),
        )  # fmt: skip

    card = ("Salin {noun} dari kartunya sebagai teks, 16 angka.", "Copy the {noun} from the card as text, 16 digits.")
    as_text = (
        "Ubah kolom {noun} menjadi teks sebelum mengisi angkanya.",
        "Make the {noun} column text before typing numbers into it.",
    )
    return {
        NikClass.MISSING: warn("missing", "{noun} kosong.", "{noun} is empty.", *card),
        NikClass.ZERO: warn(
            "zero", "{noun} diisi 0: belum diketahui.", "{noun} is 0: not known yet.",
            "Lengkapi {noun} begitu kartunya terbit.", "Complete the {noun} once the card is issued.",
        ),
        NikClass.TEMPORARY: warn(
            "temporary", "{noun} sementara buatan sistem desa.", "{noun} is a temporary one of the village system.",
            "Ganti dengan {noun} dari Dukcapil begitu terbit.", "Replace it by the {noun} of Dukcapil once issued.",
        ),
        NikClass.PLACEHOLDER: warn(
            "placeholder", "{noun} berupa angka isian (misalnya angka yang sama berulang).",
            "{noun} is a filler (such as one digit repeated).", *card,
        ),
        NikClass.DAMAGED: warn(
            "damaged", "{noun} kehilangan angka terakhir karena tersimpan sebagai bilangan.",
            "{noun} lost its last digit, because it was stored as a number.", *as_text,
        ),
        NikClass.MALFORMED: warn("malformed", "{noun} bukan 16 angka.", "{noun} is not 16 digits.", *card),
        Warn.CLEANED: warn(
            "cleaned", "{noun} mengandung titik, spasi, atau tanda lain; hanya angkanya yang diambil.",
            "{noun} holds dots, blanks or other marks; the digits alone were taken.", *card,
        ),
        Warn.FROM_NUMBER: warn(
            "from_number", "Sel {noun} berupa bilangan; kali ini angkanya masih utuh.",
            "{noun} stands in a number cell; this time it came through whole.", *as_text,
        ),
        Warn.ZERO_RECOVERED: warn(
            "leading_zero_recovered", "{noun} kehilangan angka 0 di depan; sudah dipulihkan.",
            "{noun} had lost its leading 0, which was put back.", *as_text,
        ),
        Warn.LETTER_REPAIRED: warn(
            "letter_repaired", "{noun} mengandung huruf O atau l; dibaca sebagai 0 atau 1.",
            "{noun} holds a letter O or l, which was read as 0 or 1.", *card,
        ),
    }  # fmt: skip


NIK_RULES: dict[str, Rule] = {
    **_number_rules("nik", "NIK"),
    Warn.DATE_IMPOSSIBLE: define(
        "nik.date_impossible", Severity.WARN,
        text_id="Tanggal di dalam NIK tidak mungkin ada.", text_en="The date inside the NIK cannot be.",
        remedy_id="Salin NIK dari kartunya.", remedy_en="Copy the NIK from the card.",
    ),
    Warn.DATE_MISMATCH: define(
        "nik.birth_date_mismatch", Severity.WARN,
        text_id="Tanggal di dalam NIK berbeda dari tanggal lahir. Bisa sah; orangnya tetap masuk.",
        text_en="The date inside the NIK differs from the birth date. That may be right; the person is kept.",
        remedy_id="Cocokkan tanggal lahir dengan kartu keluarga; NIK tidak perlu diubah.",
        remedy_en="Compare the birth date with the family card; the NIK need not change.",
    ),
    Warn.SEX_MISMATCH: define(
        "nik.sex_mismatch", Severity.WARN,
        text_id="Jenis kelamin berbeda dari yang tersirat di dalam NIK.",
        text_en="The sex differs from the one inside the NIK.",
        remedy_id="Cocokkan jenis kelamin dengan kartu keluarga.",
        remedy_en="Compare the sex with the family card.",
    ),
    Warn.PREFIX_UNKNOWN: define(
        "nik.prefix_unknown", Severity.WARN,
        text_id="Enam angka pertama NIK bukan kode kecamatan yang dikenal.",
        text_en="The first six digits of the NIK are no district code that we know.",
        remedy_id="Salin NIK dari kartunya.", remedy_en="Copy the NIK from the card.",
    ),
    Warn.PREFIX_RETIRED: define(
        "nik.prefix_retired", Severity.WARN,
        text_id="NIK terbit di kecamatan yang kodenya sudah berganti. Itu sah.",
        text_en="The NIK was issued in a district whose code has changed since. That is right.",
        remedy_id="Tidak perlu diubah.", remedy_en="Nothing to change.",
    ),
}  # fmt: skip

# By the codes that `registry.identifiers` gives, which are the same for both numbers.
FAMILY_CARD_RULES: dict[str, Rule] = _number_rules("family_card", "KK")

BIRTH_DATE_MISSING = define(
    "birth_date.missing", Severity.WARN,
    text_id="Tanggal lahir kosong; umur tidak diketahui.", text_en="The birth date is empty; the age is not known.",
    remedy_id="Isi tanggal lahir (TTTT-BB-HH atau HH-BB-TTTT).",
    remedy_en="Fill in the birth date (YYYY-MM-DD or DD-MM-YYYY).",
)  # fmt: skip
BIRTH_DATE_UNREADABLE = define(
    "birth_date.unreadable", Severity.WARN,
    text_id="Tanggal lahir tidak terbaca sebagai tanggal; dikosongkan.",
    text_en="The birth date cannot be read as a date; it is left empty.",
    remedy_id="Tulis TTTT-BB-HH atau HH-BB-TTTT.", remedy_en="Write YYYY-MM-DD or DD-MM-YYYY.",
)  # fmt: skip
BIRTH_DATE_IMPOSSIBLE = define(
    "birth_date.impossible", Severity.WARN,
    text_id="Tanggal lahir mustahil (tidak ada di kalender, terlalu tua, atau setelah tanggal data); dikosongkan.",
    text_en="The birth date cannot be (not in the calendar, too long ago, or after the data's own date); left empty.",
    remedy_id="Perbaiki menurut kartu keluarga; hari selalu di depan bulan.",
    remedy_en="Correct it from the family card; the day always comes before the month.",
)  # fmt: skip
BIRTH_DATE_YEAR_ONLY = define(
    "birth_date.year_only", Severity.WARN,
    text_id="Tanggal lahir hanya berisi tahun; dikosongkan.",
    text_en="The birth date holds a year only; it is left empty.",
    remedy_id="Isi tanggal lengkap menurut kartu keluarga.",
    remedy_en="Fill in the whole date from the family card.",
)  # fmt: skip
BIRTH_DATE_TWO_DIGITS = define(
    "birth_date.two_digit_year", Severity.WARN,
    text_id="Tahun lahir hanya dua angka; dibaca sebagai tahun terakhir yang mungkin.",
    text_en="The birth year has two digits; it was read as the latest year possible.",
    remedy_id="Tulis tahun dengan empat angka.", remedy_en="Write the year with four digits.",
)  # fmt: skip
BIRTH_DATE_DEFAULT = define(
    "birth_date.default_suspected", Severity.WARN,
    text_id="Tanggal lahir 1 Januari 1970: sering kali tanggal pengganti dari kesalahan impor lama.",
    text_en="Birth date 1 January 1970: often what an old import fault put in place of a date.",
    remedy_id="Cocokkan dengan kartu keluarga.", remedy_en="Compare it with the family card.",
)  # fmt: skip
BIRTH_DATE_FAR = define(
    "birth_date.over_120_years", Severity.WARN,
    text_id="Menurut tanggal lahirnya orang ini berumur lebih dari 120 tahun.",
    text_en="By the birth date this person is more than 120 years old.",
    remedy_id="Periksa tanggal lahir, atau catat kematiannya.",
    remedy_en="Check the birth date, or record the death.",
)  # fmt: skip
TWO_HEADS = define(
    "family.second_head", Severity.WARN,
    text_id="Keluarga ini sudah memiliki kepala keluarga di baris lain.",
    text_en="This family has its head in another row already.",
    remedy_id="Perbaiki hubungan keluarga, atau nomor KK bila ini keluarga lain.",
    remedy_en="Correct the role in the family, or the card number if this is another family.",
)  # fmt: skip


def _unknown(concept: str, noun_id: str, noun_en: str) -> Rule:
    return define(
        f"{concept}.unmapped", Severity.WARN,
        text_id=f"Isi kolom {noun_id} bukan kode atau sebutan yang dikenal; orangnya tetap masuk.",
        text_en=f"The {noun_en} is no code or label that we know; the person is kept.",
        remedy_id=f"Pilih {noun_id} dari daftar kode pada formulir.",
        remedy_en=f"Choose the {noun_en} from the form's code list.",
    )  # fmt: skip


UNKNOWN_VALUE = {
    concept: _unknown(concept, noun_id, noun_en)
    for concept, noun_id, noun_en in (
        ("sex", "jenis kelamin", "sex"),
        ("marital_status", "status perkawinan", "marital status"),
        ("education", "pendidikan", "education"),
        ("school_attendance", "pendidikan sedang ditempuh", "school attendance"),
        ("occupation", "pekerjaan", "occupation"),
        ("activity", "kegiatan", "activity"),
        ("life_status", "status dasar", "life status"),
        ("citizenship", "kewarganegaraan", "citizenship"),
        ("disability", "cacat", "disability"),
        ("household_role", "hubungan dalam keluarga", "role in the family"),
        ("job_social_security", "BPJS Ketenagakerjaan", "job social security"),
    )
}
