"""Addresses of planning; before the room's own, whose patterns are wider."""

from django.urls import URLPattern, path

from lms.training.planning import views, views_registers

urlpatterns: list[URLPattern] = [
    path("desk/trainings/clashes/", views.clashes, name="training-clashes"),
    path("desk/registers/<slug:name>/", views_registers.register_list, name="register-list"),
    path("desk/registers/<slug:name>/new/", views_registers.register_new, name="register-new"),
    path("desk/registers/<slug:name>/<int:pk>/", views_registers.register_edit, name="register-edit"),
]
