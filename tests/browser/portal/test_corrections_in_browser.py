"""The right of reply as its readers meet it: accessible, on a small screen, without JavaScript."""

from __future__ import annotations

import pytest

from tests.browser.portal.conftest import OpenWindow, look_at

pytestmark = pytest.mark.xdist_group("portal-browser")

VILLAGE = "52.08.01.2001"
"""Of the account `pemerintah.desa`. Every objection filed here is answered or withdrawn: no mark is left."""
WHY = "Musyawarah desa mendata ulang pencari kerja pada bulan lalu."


def write_down(window: OpenWindow, indicator: str, user: str = "petugas.desa") -> str:
    """From the profile to the objection, with a keyboard's means and without JavaScript. Gives its address."""
    page = window(width=360, user=user, java_script_enabled=False).open(f"/wilayah/{VILLAGE}/")
    page.get_by_role("link", name="Ada angka keliru? Catat keberatan desa").click()
    page.get_by_label("Angka", exact=True).select_option(indicator)
    page.get_by_label("Apa yang keliru").select_option("too_high")
    page.get_by_label("Yang benar menurut desa").fill("12 orang")
    page.get_by_label("Mengapa").fill(WHY)
    page.get_by_label("Nomor surat desa").fill("470/12/Pem-Des/2026")
    page.get_by_role("button", name="Catat").click()
    page.get_by_text("Keberatan sudah dicatat.").wait_for()
    return page.url.partition("/koreksi/")[2].strip("/")


def test_an_officer_files_the_other_ministry_answers_and_the_village_reads_it(window: OpenWindow) -> None:
    number = write_down(window, "C1")
    answering = window(width=360, user="petugas.naker", java_script_enabled=False)
    page = answering.open("/koreksi/")
    page.get_by_role("link", name=f"#{number} ").click()
    page.get_by_role("button", name="Mulai periksa").click()
    page.get_by_role("button", name="Angka tetap").click()
    assert page.get_by_role("alert").inner_text().strip().startswith("Isian ini harus")
    page.get_by_label("Jawaban atau alasan").fill("Pencari kerja dihitung menurut domisili pada SIAPKerja.")
    page.get_by_role("button", name="Angka tetap").click()
    assert page.locator(".answer").inner_text().startswith("Sudah: angka tetap.")
    reading = window(width=360, user="pemerintah.desa", java_script_enabled=False)
    page = reading.open(f"/koreksi/{number}/")
    assert page.get_by_text("Pencari kerja dihitung menurut domisili pada SIAPKerja.").is_visible()
    assert page.get_by_role("button", name="Tarik keberatan").count() == 0
    reading.assert_clean()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_every_page_and_state_is_accessible_and_fits(window: OpenWindow, width: int, scheme: str) -> None:
    number = write_down(window, "A1" if width == 360 else "B1")
    officer = window(width=width, color_scheme=scheme, user="petugas.naker")
    pages = {
        "koreksi": "/koreksi/",
        "koreksi-terlambat-kosong": "/koreksi/?keadaan=terlambat",
        "koreksi-semua": "/koreksi/?keadaan=semua",
        "koreksi-satu": f"/koreksi/{number}/",
        "koreksi-pilih-desa": "/koreksi/catat/",
        "koreksi-catat": f"/koreksi/catat/?wilayah={VILLAGE}&indikator=C1",
        "koreksi-tanda-profil": f"/wilayah/{VILLAGE}/",
        "koreksi-tanda-indikator": f"/indikator/a1/?wilayah={VILLAGE}",
        "koreksi-tanda-peringkat": "/peta/?wilayah=52.08.01&tingkat=desa&indikator=A1",
    }
    assert look_at(officer, pages, width=width, scheme=scheme) == {}
    officer.assert_clean()
    owner = window(width=width, color_scheme=scheme, user="kabupaten.desa")
    assert look_at(owner, {"koreksi-dijawab": f"/koreksi/{number}/"}, width=width, scheme=scheme) == {}
    village = window(width=width, color_scheme=scheme, user="pemerintah.desa")
    pages = {
        "koreksi-desa": "/koreksi/",
        "koreksi-desa-ajukan": "/koreksi/ajukan/",
        "koreksi-desa-satu": f"/koreksi/{number}/",
    }
    assert look_at(village, pages, width=width, scheme=scheme) == {}
    # Withdrawn, so that the other pages of this run show their figures without a mark.
    page = village.open(f"/koreksi/{number}/")
    page.get_by_role("button", name="Tarik keberatan").click()
    assert page.locator(".answer").inner_text().startswith("Keberatan ini ditarik")
    assert look_at(village, {"koreksi-ditarik": f"/koreksi/{number}/"}, width=width, scheme=scheme) == {}
    village.assert_clean()


def test_a_form_with_somebodys_number_is_accessible_and_shows_it_to_nobody(window: OpenWindow) -> None:
    seen = window(width=360, user="petugas.desa")
    page = seen.open(f"/koreksi/catat/?wilayah={VILLAGE}&indikator=C1")
    page.get_by_label("Apa yang keliru").select_option("other")
    page.get_by_label("Yang benar menurut desa").fill("12 orang")
    page.get_by_label("Mengapa").fill("Warga dengan NIK 5208 0112 0101 0001 sudah bekerja.")
    page.get_by_label("Nomor surat desa").fill("470/13/Pem-Des/2026")
    page.get_by_role("button", name="Catat").click()
    assert page.get_by_role("alert").is_visible()
    assert "0112" not in page.content()
    assert page.get_by_label("Mengapa").input_value() == "Warga dengan NIK … sudah bekerja."
