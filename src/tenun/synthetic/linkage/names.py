"""Tokens of Indonesian names by people and sex, and how often each is given. Of no real person."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache
from random import Random

import numpy as np
from numpy.typing import NDArray

JAWA, SUNDA, MELAYU, BATAK, MINANG, BALI, SASAK, BUGIS, FLORES, TIMUR = range(10)
PEOPLES = ("Jawa", "Sunda", "Melayu", "Batak", "Minang", "Bali", "Sasak", "Bugis", "Flores", "Timur")

MEN = {
    JAWA: """Slamet Bambang Sugeng Joko Agus Budi Eko Heru Hari Wahyu Sutrisno Suparman Supriyadi Suyanto Sumarno Sunaryo Suwarno
    Suroso Suryadi Sukardi Sugiyanto Mulyono Mulyadi Purnomo Purwanto Priyono Pramono Prasetyo Haryanto Haryono Hartono Hadi Widodo
    Wibowo Winarno Wiyono Wagimin Wakidi Tukijan Tukimin Tugino Poniran Ponijan Paimin Parmin Ngatijo Ngadiran Ngadiyo Sarwono Sarjo
    Karsono Kasdi Katimin Kusno Legimin Marsudi Martono Misran Mujiyono Mujiran Nugroho Rusdi Rusmanto Santoso Setiawan Setyo Sigit
    Siswanto Siswoyo Soleh Subagyo Subandi Sudarmo Sudarsono Sudirman Sujarwo Sukiman Sukirno Sumadi Sumarto Supangat Suparjo Supeno
    Suradi Susanto Susilo Sutarjo Sutejo Sutikno Suwito Teguh Tejo Totok Triyono Untung Waluyo Wardoyo Wasito Yatno Yulianto Yuwono
    Darmaji Darsono Dwi Endro Giyanto Giyono Imam Jumadi Jumari Kuncoro Lasimin Maryono Nurcahyo Pardi Pujiono Rakhmat Samidi Samsuri
    Sarman Senen Sriyanto Tarno Tri Warsito Yadi Zaenuri""",
    SUNDA: """Asep Ujang Dadang Dedi Cecep Deden Maman Nandang Tatang Jajang Iwan Yayan Yayat Oman Otong Usep Udin Uus Entis Endang
    Enjang Iyan Jujun Karna Kosasih Ruhiyat Rusmana Sobari Solihin Sopandi Suhendar Suherman Sukmana Sulaeman Supriatna Suryana
    Sutisna Tarya Tisna Wawan Yana Yudi Yaya Aceng Adang Ade Ajat Amas Apep Atang Atep Ayi Cucu Dayat Didin Dikdik Engkus Gunawan
    Hermawan Herdiana Heryanto Hidayat Ihin Kurnia Kusnadi Mulyana Nugraha Permana Rahmat Ramdani Rohman Saepudin Sahidin Somantri
    Sudrajat Suganda Taryana Toto Undang Wahyudin Wiguna Yusup Zaenal Encep Eman Dudung""",
    MELAYU: """Abdullah Ali Amir Amin Anwar Arifin Azhar Aziz Badrun Baharuddin Basri Burhanuddin Darwis Effendi Fadli Fahmi Fahrul
    Faisal Farhan Fauzan Fauzi Firdaus Fikri Habib Hafiz Hakim Halim Hamdan Hamid Hamzah Hanafi Harun Hasan Hasanuddin Hasbi Hasyim
    Hidayatullah Husein Husni Ibrahim Idris Ikhsan Ilyas Imran Iqbal Irfan Irwansyah Ishak Iskandar Ismail Jafar Jalaluddin Jamaludin
    Junaidi Kamaruddin Karim Khairul Khalid Latif Lutfi Mahmud Majid Malik Mansur Marwan Maulana Miftah Mukhtar Mukhlis Munawar Munir
    Musa Muslim Mustafa Nasir Nasrullah Nawawi Nurdin Nurhadi Rahim Rahman Ramadhan Ramli Rasyid Razak Ridho Ridwan Rifai Ruslan Rusli
    Sabri Saiful Salahuddin Salim Salman Sanusi Sholeh Sofyan Subhan Sulaiman Syafii Syahrul Syakur Syamsuddin Syamsul Syarif
    Syarifuddin Taufik Thamrin Umar Usman Wahab Wahid Yahya Yakub Yasin Yunus Yusri Yusuf Zainal Zainuddin Zaki Zakaria Zulfikar
    Zulkarnain Zulkifli Zulham Syukri Tarmizi Bahrum Darmawan Hermansyah Suhaimi""",
    BATAK: """Togar Parlindungan Maruli Poltak Binsar Sahat Hotman Tumpal Saut Ramses Mangasi Bonar Jansen Robert Roy Rudolf Samuel
    Daniel David Edward Ferdinand Frans Jhon Johannes Jonathan Kristian Leonard Lamhot Marihot Markus Martin Monang Nelson Pandapotan
    Patar Paulus Rikardo Rinto Sabar Simon Sudung Timbul Torang Victor Walter Wilson Jonson Manahan Mulatua Haposan Dapot Tongam
    Hendrik Jusuf Gomgom Pardamean Hasudungan Immanuel""",
    MINANG: """Syafrizal Afrizal Zulfahmi Yulizar Yusrizal Erizal Asrizal Syamsurizal Nofrizal Hendri Irwandi Zulhendri Masrizal Nasrul
    Jasman Bakhtiar Syafril Rusdi Basrizal Amrizal Dasril Edison Febrizal Gusrizal Harmen Indra Jefrizal Khairul Marjohan Novrizal
    Oktavianus Rahmadi Syahrial Taslim Wendri Yendri Zamzami Zulkarnaini Alfian Buyung Darwin Efrizal Fauzan""",
    BALI: """Sudarma Suarta Sudana Sugiarta Suardana Sukarta Arnawa Artana Astawa Budiana Darmawan Dharma Gunawan Karya Mahendra Mertha
    Mudana Mustika Oka Parta Pasek Purna Rai Redana Sadia Santika Sedana Subagia Subrata Sudiana Sudiarta Suparta Suryawan Suweca
    Widana Wijaya Wirawan Yasa Yudana Adnyana Ardika Budiarta Suwitra Winaya Suyasa""",
    SASAK: """Lalu Amaq Sahabudin Muhtar Jumadil Saparudin Mahsun Sahnan Muhsin Rusman Nursim Kamarudin Mustiadi Suparman Zulkipli
    Haerudin Haerul Murdi Mahrip Munawir Sukri Saleh Mahyudin Marzuki Sudirman Sahdan Jalaludin Hamdi Ratnadi Hirjan""",
    BUGIS: """Baso Beddu Ambo Arsyad Asdar Bahar Bakri Basir Burhan Dahlan Firman Haris Idham Irsan Jufri Kaharuddin Mansyur Mappa
    Muhtar Muliadi Nasruddin Nawir Rusman Sabir Sahabuddin Sainuddin Sultan Suardi Syahrir Tahir Tajuddin Tamrin Yusran Zainuddin
    Rappe Sangkala Laode Muhajir Patta Makmur Hamka Amiruddin Syarifudin Ansar Asrul""",
    FLORES: """Yohanes Petrus Paulus Yosef Markus Matius Lukas Simon Stefanus Agustinus Aloysius Antonius Benediktus Bernadus Blasius
    Dominikus Fransiskus Gabriel Gregorius Hendrikus Ignasius Kornelis Laurensius Leonardus Marselinus Martinus Maksimus Nikolaus
    Oktavianus Robertus Rafael Siprianus Thomas Vinsensius Viktor Wilhelmus Yakobus Yeremias Yulius Melkianus Kanisius Hironimus""",
    TIMUR: """Yohanis Elia Isak Yakob Septinus Demianus Alfred Melkior Zakarias Obet Musa Yosias Nataniel Samuel Ruben Otniel Kaleb
    Habel Esau Frengki Jemi Roni Jefri Novi Denny Steven Alfrets Hengky Jantje Noldy Ferry Marthin Barnabas Filemon Hosea Ishak Yance
    Benyamin Soleman Lamekh Naftali Welem""",
}  # fmt: skip
WOMEN = {
    JAWA: """Sulastri Sumiati Sunarti Suparti Suryani Sutini Suwarni Suyatmi Sukini Sukarti Sumarni Sumini Sunarsih Supartini Supriyati
    Suratmi Susanti Susilowati Sutarmi Sutiyem Tukinem Tukiyem Tuminem Wagiyem Waginah Ponirah Poniyem Painem Paijem Ngatini Ngatinem
    Ngadinem Sarinah Sarinem Sariyem Saminah Kartini Karsinah Kasinah Kasiyem Katinem Legiyem Leginah Lasmi Lestari Mariyem Marsinah
    Martini Misinah Mujiati Mulyani Mulyati Murni Murtini Ningsih Nuraini Nurhayati Partini Purwanti Purwati Purwaningsih Rahayu
    Ratnawati Retno Rini Rohmah Rubiyem Rukmini Rusmini Setyowati Sukesi Sulistyowati Sundari Suratinah Tarmi Tatik Titik Triyani
    Tumini Turinah Utami Wahyuni Warsini Wartini Widayati Widiastuti Wijayanti Winarsih Winarti Wiwik Yatmi Yuliana Yulianti Yuniarti
    Endang Erna Ernawati Hartini Hartati Heni Ika Indah Istiqomah Jumiati Jumini Kusmiati Lilis Maryati Mursidah Nanik Puji Rumini
    Samirah Siyem Tasmi Tri Dwi Yuni""",
    SUNDA: """Euis Iis Imas Ai Cicih Cucu Dede Deuis Eti Enung Entin Iceu Ikah Iyah Kokom Komala Komariah Lilis Lina Neng Nenden Nining
    Nyai Nani Oneng Popon Rohaeti Rohayati Rosmiati Rukmini Sopiah Suhaeti Sukaesih Tati Teti Titin Uum Yati Yayah Yuyun Aan Dedeh
    Eneng Elis Hasanah Herawati Juariah Kartika Kurniasih Maryati Mimin Nengsih Nurlaela Nuraeni Rismawati Rosita Salamah Suryati Susi
    Tini Wiwin Yulia Yuliawati Aminah Amas Cacah Ecin Icih Onah Uju Wiwi Wawat Nunung Ooy""",
    MELAYU: """Aisyah Aminah Asiah Asmah Asmawati Alfiah Anisah Azizah Badriah Dahlia Darmawati Fadilah Faridah Fatimah Fatmawati Fauziah
    Fitriani Habibah Hafsah Halimah Hamidah Hanifah Hasanah Hasnah Hasnawati Husna Jamilah Jumiati Juliana Khadijah Khairiah Khairunnisa
    Kholifah Laila Latifah Mahmudah Maimunah Maisaroh Maryam Masitoh Mardiana Mariana Marlina Munawaroh Munirah Muslimah Musdalifah
    Nafisah Nisa Nuraini Nurbaiti Nurhaliza Nurhasanah Nurjannah Nurlaila Nurlela Nurmala Nursiah Rabiah Rahmah Rahmawati Ramlah
    Rasidah Robiatul Rohani Rohimah Rosdiana Rosmawati Rosnah Rukiah Sakinah Salbiah Salmah Samsiah Sarifah Saudah Sofia Solehah
    Suraiya Syarifah Uswatun Ummi Wardah Yusnita Zahara Zainab Zaitun Zakiah Zubaidah Zulaikha Siti Cut Mursyidah Sumarni Yusra""",
    BATAK: """Lasma Rosmawati Tiurma Hotma Duma Rotua Masta Nurmala Romauli Sondang Tiodor Lamria Lasmaria Marlina Mariani Ester Debora
    Elisabet Erlina Fransiska Friska Grace Helena Juliana Kristina Lestina Lidia Linda Magdalena Margaretha Maria Marta Meri Monika
    Natalia Rachel Rebeka Ruth Sarah Sofia Tetti Theresia Veronika Yohana Yunita Dormauli Rumondang Tiarlin Basaria""",
    MINANG: """Yulinar Syafnidar Nurbaiti Yusnidar Ermawati Desmawati Zulnidar Nurhayati Asnidar Erlinda Gusnidar Yenni Rosnidar Darnis
    Elfira Fitriyeni Hasnidar Irdawati Jasmaniar Marnis Mulyarni Nelfia Nofrida Osmidar Rahmayeni Ratnawilis Refnita Silfia Sosmawati
    Syamsinar Upik Wirdaningsih Yarnis Yesi Yuliarni Zuraida Zulmaini Rostina Reni Afrida""",
    BALI: """Suarni Suartini Sukerti Sulatri Sumerti Sunarti Suryani Widiani Wirati Yuliani Ariani Artini Asih Astini Budiasih Candrawati
    Darmi Dewi Kerti Krisnayanti Laksmi Lestari Mariani Murni Parwati Puspa Ratna Rasmini Rusmini Sari Seri Sriani Suci Sukreni
    Widnyani Ernawati Sudiani Purnami""",
    SASAK: """Baiq Inaq Sahnim Mahnip Rohani Hadijah Nurul Rukiah Sakmah Siti Mariam Hikmah Hidayah Musinah Raehan Saimah Jumenah
    Sumiati Zohriah Saknah Marni Ratnasih Nurhidayah Salmiah Mahinim Rahmini Sanawiyah""",
    BUGIS: """Besse Tenri Andriani Asriani Darma Hasnah Hasriani Haslinda Hikma Hasni Indo Irmawati Jumriati Lisda Marwah Masita
    Megawati Murniati Nurhaeda Nurmiati Nursiah Rahmatia Rosdiana Rosmini Samsidar Sitti Suriani Suhartini Syamsiah Wahida Sitiara
    Hj Nurlia Mardiana Kartini Hamsinah Rabasiah Sahria Saripa""",
    FLORES: """Maria Margaretha Elisabeth Agnes Anastasia Agustina Angela Bernadeta Katarina Kristina Dorothea Emerensiana Fransiska
    Florida Genoveva Helena Imelda Irene Lusia Marselina Marta Modesta Natalia Oktaviana Paulina Petronela Regina Rosalia Selestina
    Susana Theresia Ursula Veronika Yasinta Yohana Yosefina Yuliana Wilhelmina Getrudis Hermina""",
    TIMUR: """Adolfina Dorkas Ester Yakomina Orpa Naomi Rut Selfina Welmince Marlin Yuliana Debora Fince Agustina Meri Norce Ribka
    Salomina Sarlota Tabita Yosina Beatriks Costantina Dolfina Ferderika Hanasye Juliet Kristin Lenci Meiske Novita Olfin Pricilia
    Rosina Sientje Vonny Yohana Yublina""",
}  # fmt: skip
WOMEN[BUGIS] = WOMEN[BUGIS].replace("Hj ", "")

YOUNG_MEN = """Rizky Dimas Bayu Aditya Fajar Galih Ilham Rendi Reza Rifki Yoga Arya Bagas Dafa Fadhil Gilang Hafizh Kevin Nanda Raka
Rangga Rafi Satria Tegar Vino Wisnu Yudha Zidan Alif Akbar Bima Daffa Erlangga Fakhri Farel Ghani Iqbal Naufal Raihan Fikri Andika
Angga Ardi Aldi Arif Candra Dani Deni Doni Febri Ferdi Hendra Indra Irfan Kurniawan Lukman Novan Oki Panji Pandu Putra Randi Ricky
Riko Rio Riyan Robi Roni Sandi Tomi Vicky Yogi""".split()
YOUNG_WOMEN = """Putri Ayu Dewi Indah Fitri Nabila Zahra Salsabila Aulia Anisa Cahya Citra Desi Dian Dina Eka Elsa Fira Gita Intan Jihan
Kirana Laras Lia Maya Mega Melati Nadia Nia Novi Novita Nurul Pratiwi Rani Ratih Rika Rina Riska Safira Sari Sekar Septi Silvi Sinta
Siska Syifa Tania Tiara Tika Vina Vivi Wulan Yolanda Yuni Zaskia Adinda Alya Amelia Bella Clara Della Devi Evi Ika Indri Lestari
Mutiara Nisa Rahma Resti Rizka Tasya Ulfa""".split()
LATER_MEN = """Saputra Pratama Wijaya Kurniawan Setiawan Nugroho Hidayat Firmansyah Ramadhan Maulana Permana Santoso Prasetyo Gunawan
Hakim Rahman Kusuma Perdana Mahardika Wibowo Utomo Purnama Syahputra Irawan Alamsyah Hermawan Susanto Anggara Nugraha Wardana Aji
Hartono Budiman Sanjaya Wicaksono Prakoso Adiputra Fauzi Akbar Ardiansyah""".split()
LATER_WOMEN = """Lestari Sari Putri Rahayu Wulandari Handayani Puspitasari Anggraini Kusumawati Rahmawati Wahyuni Utami Pratiwi Safitri
Astuti Ningsih Maharani Permatasari Oktaviani Fitriani Damayanti Septiani Agustina Yulianti Ramadhani Aprilia Kartika Susanti
Nuraini Anjani Hidayah Khasanah Fadilah Azzahra Mulyani Cahyani Febrianti Hasanah""".split()
CLANS = {
    BATAK: """Simanjuntak Siregar Nasution Harahap Lubis Situmorang Sinaga Sihombing Simbolon Nainggolan Panjaitan Pardede Hutabarat
    Hutagalung Hutapea Manurung Marpaung Napitupulu Pasaribu Purba Saragih Sianturi Sibarani Silaban Silalahi Silitonga Simamora
    Simatupang Sinambela Sitanggang Sitepu Sitorus Tambunan Tampubolon Tarigan Tobing Gultom Ginting Sembiring Karo-karo Damanik
    Batubara Daulay Hasibuan Rangkuti Pohan Pulungan Ritonga Dalimunthe Aritonang Perangin-angin""".split(),
    MINANG: "Chaniago Koto Piliang Tanjung Sikumbang Jambak Guci Caniago Melayu Bodi Pitopang Malayu Payobada".split(),
    FLORES: """Lewa Bere Nahak Seran Klau Taek Fallo Tefa Neno Nope Benu Liu Manek Mau Asa Kolo Bria Wea Mbiri Ngongo Bili Dapa Malo
    Lede Mete Rangga Tana Djawa Hunga Kapita Rihi Landu Kale Gole Bolo Tukan Koten Hurint Lamury Keraf Wuwur Ola Boli Kopong""".split(),
    TIMUR: """Wanggai Rumbiak Wonda Kogoya Tabuni Wenda Yikwa Mandacan Dowansiba Sawaki Ayomi Karubaba Wospakrik Rumaropen Mambrasar
    Kambu Kareth Howay Pattiasina Latuconsina Tuasikal Salampessy Sahertian Pelupessy Matulessy Leiwakabessy Lawalata Wattimena
    Manuputty Rondonuwu Wowor Pangemanan Lumentut Tumbelaka Sondakh Kaunang Rumbekwan Yarangga Mofu Krey Womsiwor""".split(),
}  # fmt: skip
BIRTH_ORDER = "Wayan Made Nyoman Ketut Putu Gede Kadek Komang Nengah Luh".split()

_STARTS = "Su Har Wi Mar Kar Sar Par Pur Ngad Tuk Was Rus Mul Kus Dar Sas Tar Mus Nur Yul War Jum Sap Sam Bud Rat Pon Lag Gim Wak".split()
_MEN_ENDS = "yono yanto iman imin wanto sono nadi maji diyo tono moko jito wadi nomo yadi taryo wito narso rejo dianto minto jo".split()
_WOMEN_ENDS = "inem iyem inah iyah wati ningsih iyati siyah tinah yani tini mini sih asih ijah astuti utami winarni mirah anti kini".split()
_ARABIC = "Syam Zain Nur Fah Kam Sala Bah Jala Has Mis Ras Saf Rof Faz Naz Maf Haf Mun Ans Ulf Ruk Qom Taj Had Khoir Ghof Mukh".split()
_ARABIC_MEN = "uddin ullah i ian rul an sani wan ri lani mudin syah ron ar uri ani ofi".split()
_ARABIC_WOMEN = "iah iyah atun ifah idah imah aini unnisa ilah ani ina ika ati isah aroh ida anah".split()


@dataclass(frozen=True)
class Wheel:
    """Tokens and where on [0, 1) each ends: the frequent ones first."""

    tokens: NDArray[np.object_]
    ends: NDArray[np.float64]

    def turn(self, units: NDArray[np.float64]) -> NDArray[np.object_]:
        return self.tokens[np.searchsorted(self.ends, units, side="right")]


@cache
def wheel(people: int, *, is_woman: bool, place: int) -> Wheel:
    """Tokens of the first (0), second (1) or third (2) place of a name. Frequencies fall like Zipf's."""
    women = is_woman
    base = [part.split() for part in ((WOMEN if women else MEN)[people], (WOMEN if women else MEN)[MELAYU])]
    local, arabic = base
    later = LATER_WOMEN if women else LATER_MEN
    young = YOUNG_WOMEN if women else YOUNG_MEN
    if people in CLANS and place > 0:
        return _wheel(CLANS[people], offset=4.0, exponent=0.6)
    built = _built(women, people)
    if people in (BATAK, FLORES, TIMUR):
        tokens = [*local, *young[:40], *_rare(people * 2 + women, 500)]
    elif place == 0:
        tokens = [*_braid(local, young), *arabic, *built, *_rare(people * 2 + women, 2200)]
    else:
        tokens = [
            *_braid(later, local[::-1]),
            *young,
            *arabic[:: 1 + place],
            *built,
            *_rare(40 + people * 2 + women, 1500),
        ]
    return _wheel(tokens, offset=12.0, exponent=1.25)


def _wheel(tokens: list[str], *, offset: float, exponent: float) -> Wheel:
    unique = list(dict.fromkeys(tokens))
    weights = 1.0 / (np.arange(len(unique)) + offset) ** exponent
    ends = np.cumsum(weights / weights.sum())
    ends[-1] = 1.0
    return Wheel(np.array(unique, dtype=object), ends)


def _braid(first: list[str], second: list[str]) -> list[str]:
    return [token for pair in itertools.zip_longest(first, second) for token in pair if token]


def _built(is_woman: bool, people: int) -> list[str]:
    """Names made of parts, as Javanese and Arabic ones are: many, each seldom."""
    if people in (JAWA, SUNDA, BALI):
        parts = (_STARTS, _WOMEN_ENDS if is_woman else _MEN_ENDS)
    else:
        parts = (_ARABIC, _ARABIC_WOMEN if is_woman else _ARABIC_MEN)
    made = [start + end for start, end in itertools.product(*parts)]
    Random(people).shuffle(made)
    return made


def _rare(seed: int, count: int) -> list[str]:
    """A long tail of names that hardly anybody else bears."""
    chance = Random(1000 + seed)
    starts = "b c d f g h j k l m n p r s t w y z sy ny dh kh br tr kr".split()
    vowels, ends = "aaiuueo", "n r s l na ni ti no di wan man ra ya ndi rta wi".split()
    found: dict[str, None] = {}
    while len(found) < count:
        word = "".join(chance.choice(starts) + chance.choice(vowels) for _ in range(chance.choice((2, 2, 3))))
        found[(word + chance.choice(ends)).capitalize()] = None
    return list(found)
