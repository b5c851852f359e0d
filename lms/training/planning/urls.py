"""Addresses of planning; before the room's own, whose patterns are wider."""

from django.urls import URLPattern, path

from lms.training.planning import views, views_bases, views_budgets, views_calendar, views_materials, views_registers

MATERIAL = "desk/trainings/<uuid:uuid>/materials/<uuid:file>/"

urlpatterns: list[URLPattern] = [
    path("desk/trainings/clashes/", views.clashes, name="training-clashes"),
    path("desk/trainings/<uuid:uuid>/agenda/", views.agenda_pdf, name="training-agenda"),
    path("desk/trainings/<uuid:uuid>/materials/", views_materials.training_materials, name="training-materials"),
    path(MATERIAL, views_materials.training_material, name="training-material"),
    path(f"{MATERIAL}remove/", views_materials.training_material_remove, name="training-material-remove"),
    path("learn/trainings/<uuid:uuid>/materials/<uuid:file>/", views_materials.own_material, name="own-material"),
    path("desk/trainings/<uuid:uuid>/budget/", views_budgets.training_budget, name="training-budget"),
    path("desk/budgets/", views_budgets.budget_register, name="budget-register"),
    path("bases/", views_bases.public_bases, name="public-bases"),
    path("bases/<str:code>/", views_bases.public_base, name="public-base"),
    path("bases/<str:code>/photos/<uuid:file>/", views_bases.base_photo, name="base-photo"),
    path("desk/bases/<str:code>/photos/", views_bases.base_photos, name="base-photos"),
    path("desk/bases/<str:code>/photos/<uuid:file>/remove/", views_bases.base_photo_remove, name="base-photo-remove"),
    path("desk/registers/<slug:name>/", views_registers.register_list, name="register-list"),
    path("desk/registers/<slug:name>/new/", views_registers.register_new, name="register-new"),
    path("desk/registers/<slug:name>/<int:pk>/", views_registers.register_edit, name="register-edit"),
    path("calendar/", views_calendar.calendar, name="calendar"),
    path("calendar/feeds/", views_calendar.calendar_feeds, name="calendar-feeds"),
    path("calendar/feeds/<int:pk>/revoke/", views_calendar.calendar_feed_revoke, name="calendar-feed-revoke"),
    path("calendar/<str:token>.ics", views_calendar.calendar_ics, name="calendar-ics"),
]
