"""Addresses of check-in."""

from django.urls import URLPattern, path

from lms.training.checkin import views, views_own

SESSION = "desk/trainings/<uuid:uuid>/sessions/<int:session_id>/checkin/"

urlpatterns: list[URLPattern] = [
    path(SESSION, views.desk, name="session-checkin"),
    path(f"{SESSION}scan/", views.scan, name="session-scan"),
    path(f"{SESSION}screen/", views.screen, name="session-screen"),
    path(f"{SESSION}count/", views.count, name="session-count"),
    path(f"{SESSION}waiting/<str:key>/", views.decide, name="session-decide"),
    path("desk/trainings/<uuid:uuid>/cards.pdf", views.training_cards, name="training-cards"),
    path("desk/cards/<str:code>.pdf", views.branch_cards, name="branch-cards"),
    path("in/", views_own.room_digits, name="room-digits"),
    path("in/<str:token>/", views_own.room_code, name="room-code"),
    path("learn/code/", views_own.own_code, name="own-code"),
    path("learn/checkin/<str:claim>/", views_own.own_checkin, name="own-checkin"),
]
