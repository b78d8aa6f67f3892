"""Indonesian names and what people do to them when they write them down."""

from __future__ import annotations

from random import Random

MEN = (
    "Agus Budi Joko Slamet Ahmad Muhammad Abdul Andi Eko Hendra Rudi Dedi Iwan Yanto Bambang Sugeng Wahyu Fajar Rizki "
    "Dimas Bayu Arif Hasan Umar Ali Yusuf Ibrahim Ismail Rahmat Syarif Taufik Zainal Herman Ferdinandus Yohanes Petrus "
    "Paulus Markus Lukas Matius Stefanus Yakobus Andreas Antonius Benyamin Daniel Gabriel Soleman Melkianus Oktavianus "
    "Umbu Dominggus Agustinus Fransiskus Imanuel Kornelis Lamber Marthen Nikodemus Obed Semuel Thomas Wilhelmus Yeremias "
    "Putu Made Nyoman Ketut Gede Komang Suharto Sutrisno Supardi Sukarno Tukiman Wagiman Parto Mulyono Djoko Soegeng "
    "Adrianus Bonefasius Damianus Elias Felipus Gerson Hironimus Isak Jefri Kristian Leonardus Mikael Norbertus Oris"
).split()
WOMEN = (
    "Siti Sri Nur Dewi Ani Rina Wati Yanti Sari Lestari Indah Fitri Rahma Aisyah Fatimah Khadijah Maryam Zahra Nabila "
    "Putri Ayu Ratna Endang Suti Tuti Yuni Ika Eka Dwi Tri Maria Marta Magdalena Rambu Yuliana Kristina Margareta Elisabet "
    "Yosefina Agustina Ester Debora Rut Naomi Lidia Yohana Veronika Theresia Paulina Ferderika Adriana Katarina Bernadeta "
    "Dorkas Selfina Welmince Oktaviana Marselina Novita Desi Lina Rosalina Susana Anastasia Emiliana Fransiska Getrudis "
    "Hermina Irmina Juliana Klara Lusia Monika Norma Orpa Petronela Regina Stefania Trifosa Ursula Wihelmina Yakoba Zubaidah"
).split()
SECOND = (
    "Santoso Wibowo Saputra Nugroho Hidayat Kurniawan Setiawan Pratama Ramadhan Firmansyah Hakim Rahman Halim Maulana "
    "Gunawan Susanto Wijaya Permana Utomo Prasetyo Purnomo Hartono Suryadi Iskandar Anwar Effendi Lubis Nasution Siregar "
    "Sitorus Simanjuntak Tobing Pane Harahap Umbu Deta Tagu Bora Sawu Kaka Ngongo Bili Dapa Malo Lede Mete Rangga Wula "
    "Tana Dedu Kadu Hona Lero Nono Pati Rua Sabaora Tamo Umbu-Laiya Wunga Yiwa Zogara Praing Katoda Landu Kabubu Hambali "
    "Djawa Retang Hunga Moto Kapita Rihi Kaborang Mehang Manja Nggaba Ndima Njuka Pekuwali Radja Saga Kale Bulu Gole Bolo"
).split()
THIRD = (
    "Pura Jaya Utama Perkasa Lestari Sejati Mulia Abadi Kencana Buana Ama Ina Bani Dona Ekas Fola Gami Heru Ikun Jati "
    "Kolo Lali Mada Nipa Olin Pora Rato Seran Taka Ulu Wali Yaku"
).split()

# Short forms and other spellings that clerks and people use for the same name.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "MUHAMMAD": ("MOHAMMAD", "MUHAMAD", "MOCHAMAD", "MOH.", "MUH", "M.", "MOH"),
    "AHMAD": ("ACHMAD", "AKHMAD", "AHMAT"),
    "ABDUL": ("ABD.", "ABD", "ABDOEL"),
    "SITI": ("ST.", "SITTI", "ST"),
    "NUR": ("NOER", "NOOR", "NUUR"),
    "SRI": ("SRIE", "SERI"),
    "YOHANES": ("JOHANES", "YOHANNES", "YOHANIS"),
    "YUSUF": ("JUSUF", "YUSUP", "JOESOEF"),
    "YULIANA": ("JULIANA", "YULIANNA"),
    "FRANSISKUS": ("FRANSISCUS", "FRANS"),
    "FRANSISKA": ("FRANSISCA",),
    "ELISABET": ("ELISABETH", "ELIZABETH"),
    "AGUSTINUS": ("AUGUSTINUS", "AGUSTINES"),
    "MARGARETA": ("MARGARETHA",),
    "KRISTINA": ("CHRISTINA", "KRISTIN"),
    "SUSANTO": ("SOESANTO", "SUSANTHO"),
    "SUTRISNO": ("SOETRISNO",),
    "DJOKO": ("JOKO",),
    "SOEGENG": ("SUGENG",),
    "RADJA": ("RAJA",),
    "DJAWA": ("JAWA",),
    "WIJAYA": ("WIDJAJA", "WIJAJA"),
    "RAHMAT": ("RACHMAT", "RAKHMAT"),
    "HIDAYAT": ("HIDAJAT",),
    "STEFANUS": ("STEVANUS", "STEPANUS"),
    "DANIEL": ("DANIAL",),
    "MARIA": ("MARIYA",),
    "MARTHEN": ("MARTEN", "MARTIN"),
    "SEMUEL": ("SAMUEL",),
}
DEGREES = (", S.PD", ", S.SOS", ", SE", ", A.MD", ", SH", " S.KOM")
TITLES = ("H. ", "HJ. ", "DRS. ", "IR. ")


def invent(chance: Random, *, is_woman: bool, family_name: str | None) -> str:
    """A name of one to three words, upper case. One in ten has one word alone."""
    first = chance.choice(WOMEN if is_woman else MEN)
    kind = chance.random()
    if kind < 0.10:
        return first.upper()
    words = [first, family_name or chance.choice(SECOND)]
    if kind > 0.62:
        words.insert(1, chance.choice(THIRD if kind > 0.80 else (WOMEN if is_woman else MEN)))
    return " ".join(words).upper()


def rewrite(chance: Random, name: str, *, rate: float) -> str:
    """The name as another clerk would write it, at most `rate` of the time differently."""
    if chance.random() >= rate:
        return name
    kind = chance.random()
    words = name.split()
    if kind < 0.30:
        words = [chance.choice(SPELLINGS[word]) if word in SPELLINGS else word for word in words]
        return " ".join(words) if " ".join(words) != name else _typo(chance, name)
    if kind < 0.55:
        return _typo(chance, name)
    if kind < 0.68 and len(words) > 1:
        at = chance.randrange(1, len(words))
        words[at] = words[at][0] + chance.choice((".", ""))
        return " ".join(words)
    if kind < 0.78 and len(words) > 2:
        del words[chance.randrange(1, len(words))]
        return " ".join(words)
    if kind < 0.84 and len(words) > 1:
        return " ".join([*words[1:], words[0]])
    if kind < 0.90 and len(words) > 1:
        return words[0] + "".join(words[1:2]) + (" " + " ".join(words[2:]) if len(words) > 2 else "")
    if kind < 0.95:
        return name + chance.choice(DEGREES)
    return chance.choice(TITLES) + name


def _typo(chance: Random, name: str) -> str:
    letters = [at for at, letter in enumerate(name) if letter.isalpha()]
    at = chance.choice(letters)
    kind = chance.randrange(4)
    if kind == 0:
        return name[:at] + name[at + 1 :] if len(name) > 3 else name + "N"
    if kind == 1:
        return name[:at] + name[at] + name[at:]
    if kind == 2 and at + 1 < len(name) and name[at + 1].isalpha():
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return name[:at] + chance.choice("AEIOUNRSTLKM") + name[at + 1 :]
