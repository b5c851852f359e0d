"""Addresses of help between members."""

from django.urls import path

from lms.pairs import views

urlpatterns = [
    path("desk/pairs/", views.pair_list, name="pair-list"),
    path("desk/pairs/new/", views.pair_new, name="pair-new"),
    path("pairs/<uuid:uuid>/", views.pair, name="pair"),
    path("pairs/<uuid:uuid>/tasks/<int:pk>/", views.pair_tick, name="pair-tick"),
    path("pairs/<uuid:uuid>/end/", views.pair_end, name="pair-end"),
]
