"""Addresses of check-in."""

from django.urls import URLPattern, path

from lms.training.checkin import views, views_kiosk, views_offline, views_own, views_scans, views_tv

SESSION = "desk/trainings/<uuid:uuid>/sessions/<int:session_id>/checkin/"
OFFLINE = "desk/trainings/<uuid:uuid>/offline/<str:day>/"

urlpatterns: list[URLPattern] = [
    path(SESSION, views.desk, name="session-checkin"),
    path(f"{SESSION}scan/", views.scan, name="session-scan"),
    path(f"{SESSION}screen/", views.screen, name="session-screen"),
    path(f"{SESSION}count/", views.count, name="session-count"),
    path(f"{SESSION}waiting/<str:key>/", views.decide, name="session-decide"),
    path(f"{SESSION}kiosk/", views_kiosk.kiosk_open, name="kiosk-open"),
    path(f"{SESSION}kiosk/<uuid:device>/stop/", views_kiosk.kiosk_revoke, name="kiosk-revoke"),
    path(f"{SESSION}scans/", views_scans.scans, name="session-scans"),
    path(OFFLINE, views_offline.page, name="offline-checkin"),
    path(f"{OFFLINE}worker.js", views_offline.worker, name="offline-worker"),
    path(f"{OFFLINE}<uuid:device>/stop/", views_offline.revoke, name="offline-revoke"),
    path("checkin/scan/", views.scan_by_key, name="scan-by-key"),
    path("checkin/offline/", views_offline.send, name="offline-send"),
    path("kiosk/", views_kiosk.kiosk, name="kiosk"),
    path("kiosk/<str:code>/", views_kiosk.kiosk_person, name="kiosk-person"),
    path("desk/trainings/<uuid:uuid>/cards.pdf", views.training_cards, name="training-cards"),
    path("desk/cards/<str:code>.pdf", views.branch_cards, name="branch-cards"),
    path("in/", views_own.room_digits, name="room-digits"),
    path("in/tv/", views_tv.tv_digits, name="tv-digits"),
    path("in/tv/<str:claim>/", views_tv.tv_names, name="tv-names"),
    path("in/tv/<str:claim>/<str:code>/", views_tv.tv_person, name="tv-person"),
    path("in/<str:token>/", views_own.room_code, name="room-code"),
    path("learn/code/", views_own.own_code, name="own-code"),
    path("learn/checkin/<str:claim>/", views_own.own_checkin, name="own-checkin"),
]
