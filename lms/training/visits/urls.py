"""Addresses of visits."""

from django.urls import URLPattern, path

from lms.training.visits import views

VISIT = "desk/visits/<uuid:uuid>/"
SESSION = f"{VISIT}sessions/<int:session_id>/"
OWN = "learn/visits/<uuid:uuid>/"

urlpatterns: list[URLPattern] = [
    path("desk/visits/requests/", views.request_list, name="visit-requests"),
    path("desk/visits/requests/<uuid:uuid>/", views.request_detail, name="visit-request"),
    path("desk/bases/<str:code>/ask/", views.ask, name="visit-ask"),
    path(VISIT, views.record, name="visit-record"),
    path(f"{SESSION}count/", views.count, name="visit-count"),
    path(f"{SESSION}photos/", views.photo_add, name="visit-photo-add"),
    path(f"{VISIT}photos/<uuid:file>/", views.photo, name="visit-photo"),
    path(f"{VISIT}reflection/", views.group_thoughts, name="visit-reflection"),
    path(f"{VISIT}voices/<uuid:file>/", views.voice, name="visit-voice"),
    path(OWN, views.own_visit, name="own-visit"),
    path(f"{OWN}reflection/", views.own_thoughts, name="own-visit-reflection"),
    path(f"{OWN}rating/", views.own_rating, name="own-visit-rating"),
    path(f"{OWN}sessions/<int:session_id>/place/", views.own_place, name="own-visit-place"),
]
