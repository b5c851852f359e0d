"""Addresses of the roster import."""

from django.urls import path

from lms.exchange import views

urlpatterns = [
    path("desk/imports/", views.import_list, name="import-list"),
    path("desk/imports/new/", views.import_new, name="import-new"),
    path("desk/imports/form/", views.import_form, name="import-form"),
    path("desk/imports/<uuid:run>/", views.import_detail, name="import-detail"),
    path("desk/imports/<uuid:run>/progress/", views.import_progress, name="import-progress"),
    path("desk/imports/<uuid:run>/apply/", views.import_apply, name="import-apply"),
    path("desk/imports/<uuid:run>/marked/", views.import_marked, name="import-marked"),
]
