"""Every address. Whoever adds one names it in `tenun.portal.access.ROUTES`, or it answers to nobody."""

from allauth.account import views as sign_in
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.urls import path

from tenun.portal.accounts import offline
from tenun.portal.accounts import views as accounts
from tenun.portal.areas import views as areas
from tenun.portal.compare import views as comparing
from tenun.portal.corrections import views as corrections
from tenun.portal.design import views as design
from tenun.portal.downloads import views as downloads
from tenun.portal.downloads.api import urls as results
from tenun.portal.exchange import views as exchange
from tenun.portal.help import views as help_pages
from tenun.portal.indicators import views as indicators
from tenun.portal.linkage import views as linkage
from tenun.portal.mail import views as mail
from tenun.portal.maps import views as maps
from tenun.portal.overview import views as overview
from tenun.portal.quality import views as quality
from tenun.portal.releases import feed
from tenun.portal.releases import views as releases
from tenun.portal.review import views as review
from tenun.portal.room import views as room
from tenun.portal.trail import views as trail

handler403 = "tenun.portal.design.errors.forbidden"
handler404 = "tenun.portal.design.errors.not_found"
handler500 = "tenun.portal.design.errors.broken"
handler400 = "tenun.portal.design.errors.bad_request"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("perhatian/", overview.rules_page, name="attention"),
    path("perhatian/<slug:rule>/", overview.list_page, name="attention_list"),
    path("perhatian/<slug:rule>.<slug:ending>", overview.list_file, name="attention_file"),
    path("cari/", areas.search, name="search"),
    path("wilayah/<str:code>/", areas.area, name="area"),
    path("wilayah/<str:code>/lembar.pdf", areas.sheet, name="area_sheet"),
    path("asal/<slug:indicator>/<str:code>/", indicators.origin, name="where_from"),
    path("wilayah/<str:code>/ruang/", room.room, name="village_room"),
    path("wilayah/<str:code>/paket.zip", room.pack, name="village_pack"),
    path("peta/", maps.map_page, name="map"),
    path("banding/", comparing.compare, name="compare"),
    path("banding.<slug:ending>", comparing.file, name="compare_file"),
    path("indikator/", indicators.indicator_list, name="indicators"),
    path("indikator/<slug:indicator>/", indicators.indicator_page, name="indicator"),
    path("unduh/", downloads.downloads, name="downloads"),
    path("unduh/angka.csv", downloads.as_csv, name="download_csv"),
    path("unduh/angka.xlsx", downloads.as_xlsx, name="download_xlsx"),
    *results.patterns,
    path("mutu/", quality.quality_page, name="quality"),
    path("mutu/desa/", quality.villages_page, name="quality_villages"),
    path("mutu/desa.<slug:ending>", quality.villages_file, name="quality_villages_file"),
    path("mutu/temuan/", quality.findings_page, name="quality_findings"),
    path("mutu/temuan.<slug:ending>", quality.findings_file, name="quality_findings_file"),
    path("mutu/baris/<slug:dataset>/<str:place>/", quality.rows_page, name="quality_rows"),
    path("mutu/baris/<slug:dataset>/<str:place>/baris.<slug:ending>", quality.rows_file, name="quality_rows_file"),
    path("rilis/", releases.list_page, name="releases"),
    path("rilis/baru/", releases.new_page, name="release_new"),
    path("rilis/<slug:name>/", releases.one_page, name="release"),
    path("rilis/<slug:name>/berkas.json", releases.file, name="release_file"),
    path("v1/releases/<slug:act>", feed.figures, name="release_feed"),
    path("v1/releases/<slug:act>/metadata", feed.metadata, name="release_metadata"),
    path("koreksi/", corrections.corrections_page, name="corrections"),
    path("koreksi.<slug:ending>", corrections.corrections_file, name="corrections_file"),
    path("koreksi/ajukan/", corrections.file_page, name="correction_file"),
    path("koreksi/catat/", corrections.record_page, name="correction_record"),
    path("koreksi/<int:number>/", corrections.correction_page, name="correction"),
    path("pertukaran/", exchange.exchange_page, name="exchange"),
    path("jejak/", trail.trail_page, name="trail"),
    path("jejak.<slug:ending>", trail.trail_file, name="trail_file"),
    path("pemadanan/laporan/", linkage.report_page, name="link_report"),
    path("pemadanan/laporan/<slug:id>/", linkage.report_page, name="link_report_of"),
    path("pemadanan/laporan/<slug:id>/<str:name>", linkage.report_file, name="link_report_file"),
    path("pemadanan/model/", linkage.model_page, name="link_model"),
    path("pemadanan/grafik/<slug:id>/<slug:name>.svg", linkage.chart, name="link_chart"),
    path("pemadanan/pasangan/<slug:seeker_id>/<slug:person_id>/", linkage.pair_page, name="link_pair"),
    path("pemadanan/tinjau/", review.review_page, name="link_review"),
    path("pemadanan/tengahi/", review.arbitration_page, name="link_arbitration"),
    path("tentang/", help_pages.about, name="about"),
    path("bantuan/", help_pages.help_page, name="help"),
    path("bahasa/", design.language, name="language"),
    path("sehat/", design.health, name="health"),
    path("robots.txt", design.robots, name="robots"),
    path("favicon.ico", design.favicon, name="favicon"),
    path("akun/", accounts.account, name="account"),
    path("akun/luring/", offline.keep, name="keep_offline"),
    path("luring.js", offline.worker, name="offline_worker"),
    path("akun/surel/", mail.settings_page, name="mail_settings"),
    # Of allauth only what officers need: no sign-up (accounts are given out), no addresses to confirm.
    path("masuk/", accounts.login, name="account_login"),
    path("keluar/", sign_in.logout, name="account_logout"),
    path("akun/tidak-aktif/", sign_in.account_inactive, name="account_inactive"),
    path("sandi/lupa/", mail.forgotten, name="account_reset_password"),
    path("sandi/lupa/diminta/", sign_in.password_reset_done, name="account_reset_password_done"),
    path(
        "sandi/baru/<slug:uidb36>/<slug:key>/", sign_in.password_reset_from_key, name="account_reset_password_from_key"
    ),
    path("sandi/baru/", sign_in.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("akun/sandi/", sign_in.password_change, name="account_change_password"),
    path("akun/pastikan/", sign_in.reauthenticate, name="account_reauthenticate"),
    path("akun/dua-langkah/", second_factor.index, name="mfa_index"),
    path("masuk/dua-langkah/", second_factor.authenticate, name="mfa_authenticate"),
    path("akun/dua-langkah/pastikan/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("akun/dua-langkah/aktifkan/", totp.activate_totp, name="mfa_activate_totp"),
    path("akun/dua-langkah/matikan/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("akun/kode-cadangan/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("akun/kode-cadangan/buat/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("akun/kode-cadangan/unduh/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
]
