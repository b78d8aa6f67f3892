"""Every address. Whoever adds one names it in `tenun.portal.access.ROUTES`, or it answers to nobody."""

from allauth.account import views as sign_in
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.urls import path

from tenun.portal.accounts import views as accounts
from tenun.portal.areas import views as areas
from tenun.portal.design import views as design
from tenun.portal.downloads import views as downloads
from tenun.portal.downloads.api import urls as results
from tenun.portal.exchange import views as exchange
from tenun.portal.help import views as help_pages
from tenun.portal.indicators import views as indicators
from tenun.portal.linkage import views as linkage
from tenun.portal.maps import views as maps
from tenun.portal.overview import views as overview
from tenun.portal.review import views as review

handler403 = "tenun.portal.design.errors.forbidden"
handler404 = "tenun.portal.design.errors.not_found"
handler500 = "tenun.portal.design.errors.broken"
handler400 = "tenun.portal.design.errors.bad_request"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("cari/", areas.search, name="search"),
    path("wilayah/<str:code>/", areas.area, name="area"),
    path("peta/", maps.map_page, name="map"),
    path("indikator/", indicators.indicator_list, name="indicators"),
    path("indikator/<slug:indicator>/", indicators.indicator_page, name="indicator"),
    path("unduh/", downloads.downloads, name="downloads"),
    path("unduh/angka.csv", downloads.as_csv, name="download_csv"),
    path("unduh/angka.xlsx", downloads.as_xlsx, name="download_xlsx"),
    *results.patterns,
    path("pertukaran/", exchange.exchange_page, name="exchange"),
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
    # Of allauth only what officers need: no sign-up (accounts are given out), no e-mail flows.
    path("masuk/", accounts.login, name="account_login"),
    path("keluar/", sign_in.logout, name="account_logout"),
    path("akun/tidak-aktif/", sign_in.account_inactive, name="account_inactive"),
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
