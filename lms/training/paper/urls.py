"""Addresses of the paper loop."""

from django.urls import URLPattern, path

from lms.training.paper import views

DESK = "desk/trainings/<uuid:uuid>/paper/"
PHOTO = f"{DESK}photos/<uuid:photo>/"

urlpatterns: list[URLPattern] = [
    path(DESK, views.desk, name="paper-desk"),
    path(f"{DESK}<int:year>-<int:month>-<int:day>.pdf", views.sheet, name="paper-sheet"),
    path(f"{DESK}photos/", views.photo_add, name="paper-photo-add"),
    path(PHOTO, views.photo, name="paper-photo"),
    path(f"{PHOTO}file/", views.photo_file, name="paper-photo-file"),
    path(f"{PHOTO}box/<int:row>/<str:half>/", views.box, name="paper-box"),
]
