"""Addresses of filling a training."""

from django.urls import URLPattern, path

from lms.training.filling import views, views_own

FILLING = "desk/trainings/<uuid:uuid>/filling/"
OWN = "learn/trainings/<uuid:uuid>/"

urlpatterns: list[URLPattern] = [
    path(FILLING, views.filling, name="training-filling"),
    path(f"{FILLING}quotas/", views.quotas, name="training-quotas"),
    path(f"{FILLING}sign-up/", views.terms, name="sign-up-terms"),
    path(f"{FILLING}audience/", views.whom, name="training-audience"),
    path(f"{FILLING}audience/count/", views.whom_count, name="training-audience-count"),
    path(f"{FILLING}decide/", views.decide, name="nominations-decide"),
    path("desk/nominations/", views.nomination_list, name="nomination-list"),
    path("desk/nominations/<uuid:uuid>/", views.nominate, name="nominate"),
    path("learn/trainings/", views_own.choices, name="training-choices"),
    path(f"{OWN}sign-up/", views_own.sign_up, name="sign-up"),
    path(f"{OWN}withdraw/", views_own.withdraw, name="sign-up-withdraw"),
]
