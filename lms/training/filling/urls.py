"""Addresses of filling a training."""

from django.urls import URLPattern, path

from lms.training.filling import views, views_leaves, views_own, views_substitutes, views_transport, views_waiting

FILLING = "desk/trainings/<uuid:uuid>/filling/"
TRANSPORT = "desk/trainings/<uuid:uuid>/transport/"
OWN = "learn/trainings/<uuid:uuid>/"

urlpatterns: list[URLPattern] = [
    path(FILLING, views.filling, name="training-filling"),
    path(f"{FILLING}quotas/", views.quotas, name="training-quotas"),
    path(f"{FILLING}sign-up/", views.terms, name="sign-up-terms"),
    path(f"{FILLING}audience/", views.whom, name="training-audience"),
    path(f"{FILLING}audience/count/", views.whom_count, name="training-audience-count"),
    path(f"{FILLING}decide/", views.decide, name="nominations-decide"),
    path("desk/trainings/<uuid:uuid>/leaves/", views_leaves.training_leaves, name="training-leaves"),
    path("desk/trainings/<uuid:uuid>/substitute/<str:code>/", views_substitutes.substitute, name="training-substitute"),
    path(TRANSPORT, views_transport.training_transport, name="training-transport"),
    path(f"{TRANSPORT}seats/", views_transport.transport_seats, name="transport-seats"),
    path(f"{TRANSPORT}<str:format>/", views_transport.transport_file, name="transport-file"),
    path("desk/rides/<uuid:uuid>/", views_transport.ride_edit, name="ride-edit"),
    path("desk/leaves/<uuid:uuid>/", views_leaves.leave_decide, name="leave-decide"),
    path(f"{FILLING}waiting/<str:code>/", views_waiting.waiting, name="waiting-act"),
    path("desk/nominations/<uuid:uuid>/withdraw/<str:code>/", views_waiting.take_back, name="nomination-withdraw"),
    path("desk/nominations/", views.nomination_list, name="nomination-list"),
    path("desk/nominations/<uuid:uuid>/", views.nominate, name="nominate"),
    path(
        "desk/nominations/<uuid:uuid>/substitute/<str:code>/",
        views_substitutes.nominee_substitute,
        name="nominee-substitute",
    ),
    path("learn/trainings/", views_own.choices, name="training-choices"),
    path(f"{OWN}sign-up/", views_own.sign_up, name="sign-up"),
    path(f"{OWN}leave/", views_leaves.own_leave, name="own-leave"),
    path("learn/leaves/<uuid:uuid>/withdraw/", views_leaves.own_leave_withdraw, name="own-leave-withdraw"),
    path(f"{OWN}withdraw/", views_own.withdraw, name="sign-up-withdraw"),
]
