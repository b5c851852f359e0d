"""Addresses of closing: the desk after a training, matters that wait, a member's own pages."""

from django.urls import URLPattern, path

from lms.training.closing import views, views_absences, views_own, views_teaching

TRAINING = "desk/trainings/<uuid:uuid>/"
OWN = "learn/attended/<uuid:uuid>/"
SESSION = f"{OWN}sessions/<int:session_id>/"

urlpatterns: list[URLPattern] = [
    path(f"{TRAINING}overview/", views.overview, name="training-overview"),
    path(f"{TRAINING}terms/", views.terms, name="training-terms"),
    path(f"{TRAINING}scores/", views.scores, name="training-scores"),
    path(f"{TRAINING}package/", views.package_begin, name="package-begin"),
    path("desk/packages/<uuid:uuid>/", views.package_progress, name="package-progress"),
    path("desk/packages/<uuid:uuid>/file/", views.package_file, name="package-file"),
    path("desk/absences/", views_absences.absence_list, name="absence-list"),
    path("desk/absences/<int:pk>/make-up/", views_absences.make_up_for, name="make-up-for"),
    path("desk/experts/<int:pk>/", views_teaching.expert_record, name="expert-record"),
    path("desk/matters/", views.matters, name="matter-list"),
    path("desk/make-ups/<uuid:uuid>/", views.make_up, name="make-up"),
    path("desk/make-ups/<uuid:uuid>/files/<uuid:file>/", views.make_up_file, name="make-up-file"),
    path("desk/appeals/<uuid:uuid>/", views.appeal, name="appeal"),
    path("learn/attended/", views_own.own_trainings, name="own-trainings"),
    path(OWN, views_own.own_training, name="own-training"),
    path(f"{OWN}reflection/", views_own.reflection, name="own-reflection"),
    path(f"{OWN}opinion/", views_own.opinion, name="own-opinion"),
    path(f"{SESSION}make-up/", views_own.make_up, name="own-make-up"),
    path(f"{SESSION}appeal/", views_own.appeal, name="own-appeal"),
]
