"""Addresses of this room."""

from django.urls import URLPattern, path

from lms.training import views, views_roster

SESSION = "desk/trainings/<uuid:uuid>/sessions/<int:session_id>/"

urlpatterns: list[URLPattern] = [
    path("desk/trainings/", views.training_list, name="training-list"),
    path("desk/trainings/new/", views.training_new, name="training-new"),
    path("desk/trainings/<uuid:uuid>/", views.training_detail, name="training-detail"),
    path("desk/trainings/<uuid:uuid>/edit/", views.training_edit, name="training-edit"),
    path("desk/trainings/<uuid:uuid>/enrol/", views.training_enrol, name="training-enrol"),
    path("desk/trainings/<uuid:uuid>/enrol/<str:code>/cancel/", views.enrolment_cancel, name="enrolment-cancel"),
    path("desk/trainings/<uuid:uuid>/close/", views.training_close, name="training-close"),
    path("desk/trainings/<uuid:uuid>/cancel/", views.training_cancel, name="training-cancel"),
    path(SESSION, views_roster.roster, name="session-roster"),
    path(f"{SESSION}save/", views_roster.roster_save, name="session-save"),
    path(f"{SESSION}sheet/", views_roster.sign_in_sheet, name="session-sheet"),
    path(f"{SESSION}mark/<str:code>/", views_roster.roster_mark, name="session-mark"),
    path(f"{SESSION}times/<str:code>/", views_roster.roster_times, name="session-times"),
    path("desk/bases/", views.base_list, name="base-list"),
    path("desk/bases/visits/", views.visit_register, name="visit-register"),
    path("desk/bases/<str:code>/", views.base_detail, name="base-detail"),
]
