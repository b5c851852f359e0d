"""Addresses of this room."""

from django.urls import URLPattern, path

from lms.training import views, views_claims, views_claims_desk, views_roster, views_telling
from lms.training.checkin.urls import urlpatterns as checkin
from lms.training.closing.urls import urlpatterns as closing
from lms.training.filling.urls import urlpatterns as filling
from lms.training.paper.urls import urlpatterns as paper
from lms.training.planning.urls import urlpatterns as planning
from lms.training.visits.urls import urlpatterns as visits
from lms.training.visits.views_register import visit_register

CLAIM = "claims/<uuid:uuid>/"
SESSION = "desk/trainings/<uuid:uuid>/sessions/<int:session_id>/"

urlpatterns: list[URLPattern] = [
    *planning,
    path("desk/trainings/", views.training_list, name="training-list"),
    path("desk/trainings/new/", views.training_new, name="training-new"),
    path("desk/trainings/<uuid:uuid>/", views.training_detail, name="training-detail"),
    path("desk/trainings/<uuid:uuid>/edit/", views.training_edit, name="training-edit"),
    path("desk/trainings/<uuid:uuid>/enrol/", views.training_enrol, name="training-enrol"),
    path("desk/trainings/<uuid:uuid>/enrol/<str:code>/cancel/", views.enrolment_cancel, name="enrolment-cancel"),
    path("desk/trainings/<uuid:uuid>/close/", views.training_close, name="training-close"),
    path("desk/trainings/<uuid:uuid>/cancel/", views.training_cancel, name="training-cancel"),
    path(SESSION, views_roster.roster, name="session-roster"),
    path(f"{SESSION}save/", views_roster.roster_save, name="session-save"),
    path(f"{SESSION}sheet/", views_roster.sign_in_sheet, name="session-sheet"),
    path(f"{SESSION}mark/<str:code>/", views_roster.roster_mark, name="session-mark"),
    path(f"{SESSION}times/<str:code>/", views_roster.roster_times, name="session-times"),
    path("desk/trainings/<uuid:uuid>/told/", views_telling.training_told, name="training-told"),
    path("desk/trainings/<uuid:uuid>/told/voice/", views_telling.training_told_by_voice, name="training-told-voice"),
    path("desk/trainings/<uuid:uuid>/told/<str:format>/", views_telling.training_call_list, name="training-call-list"),
    path("desk/bases/", views.base_list, name="base-list"),
    path("desk/bases/visits/", visit_register, name="visit-register"),
    path("desk/bases/<str:code>/", views.base_detail, name="base-detail"),
    path("learn/claims/", views_claims.own_claims, name="own-claims"),
    path("learn/claims/new/", views_claims.own_claim_new, name="own-claim-new"),
    path(CLAIM, views_claims.claim_detail, name="claim-detail"),
    path(f"{CLAIM}edit/", views_claims.claim_edit, name="claim-edit"),
    path(f"{CLAIM}act/", views_claims.claim_act, name="claim-act"),
    path(f"{CLAIM}files/", views_claims.claim_file_add, name="claim-file-add"),
    path(f"{CLAIM}files/<uuid:file>/", views_claims.claim_file, name="claim-file"),
    path(f"{CLAIM}files/<uuid:file>/remove/", views_claims.claim_file_remove, name="claim-file-remove"),
    path(f"{CLAIM}files/<uuid:file>/same/<uuid:earlier>/", views_claims.claim_twin, name="claim-twin"),
    path("desk/claims/", views_claims_desk.claim_list, name="claim-list"),
    path("desk/claims/new/", views_claims_desk.claimants, name="claim-new"),
    path("desk/claims/new/<str:code>/", views_claims_desk.claim_for, name="claim-for"),
    path("desk/claims/settings/", views_claims_desk.claim_settings, name="claim-settings"),
    *checkin,
    *closing,
    *filling,
    *visits,
    *paper,
]
