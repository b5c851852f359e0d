"""Addresses of visits."""

from django.urls import URLPattern, path

from lms.training.visits import views, views_host, views_photos

VISIT = "desk/visits/<uuid:uuid>/"
SESSION = f"{VISIT}sessions/<int:session_id>/"
TRAINING = "desk/trainings/<uuid:uuid>/"
OWN = "learn/visits/<uuid:uuid>/"

urlpatterns: list[URLPattern] = [
    path("desk/visits/requests/", views.request_list, name="visit-requests"),
    path("desk/visits/requests/<uuid:uuid>/", views.request_detail, name="visit-request"),
    path("desk/bases/<str:code>/ask/", views.ask, name="visit-ask"),
    path(VISIT, views.record, name="visit-record"),
    path(f"{SESSION}count/", views.count, name="visit-count"),
    path(f"{SESSION}photos/", views.photo_add, name="visit-photo-add"),
    path(f"{VISIT}photos/<uuid:file>/", views.photo, name="visit-photo"),
    path(f"{SESSION}screen/", views_host.screen, name="visit-screen"),
    path(f"{TRAINING}photos/", views_photos.training_photos, name="training-photos"),
    path(f"{TRAINING}photos/<uuid:file>/", views_photos.training_photo, name="training-photo"),
    path(f"{TRAINING}sessions/<int:session_id>/photos/", views_photos.training_photo_add, name="training-photo-add"),
    path(f"{VISIT}reflection/", views.group_thoughts, name="visit-reflection"),
    path(f"{VISIT}voices/<uuid:file>/", views.voice, name="visit-voice"),
    path(OWN, views.own_visit, name="own-visit"),
    path(f"{OWN}reflection/", views.own_thoughts, name="own-visit-reflection"),
    path(f"{OWN}sessions/<int:session_id>/photos/", views.own_photo_add, name="own-visit-photo-add"),
    path(f"{OWN}photos/<uuid:file>/", views.own_photo, name="own-visit-photo"),
    path(f"{OWN}rating/", views.own_rating, name="own-visit-rating"),
    path(f"{OWN}sessions/<int:session_id>/place/", views.own_place, name="own-visit-place"),
]
