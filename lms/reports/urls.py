"""Addresses of the county's view and of everybody's own hours."""

from django.urls import path

from lms.reports import (
    audit_views,
    certificates_urls,
    closing_views,
    explain_views,
    gains_views,
    home,
    periods_views,
    rerating_views,
    trial_views,
    views,
)

urlpatterns = [
    *certificates_urls.urlpatterns,
    path("learn/", home.learn, name="learn"),
    path("learn/hours/", home.own_hours, name="own-hours"),
    path("learn/explain/<slug:key>/", explain_views.own_explanation, name="own-explanation"),
    path("hours/<uuid:uuid>/", views.hour_entry, name="hour-entry"),
    path("desk/reports/", views.board, name="report-board"),
    path("desk/reports/trend/", views.trend, name="report-trend"),
    path("desk/reports/period/", periods_views.period, name="report-period"),
    path("desk/reports/closing/", closing_views.closing_list, name="closing-list"),
    path("desk/reports/closing/<int:year>/", closing_views.closing_detail, name="closing-detail"),
    path("desk/reports/closing/<int:year>/begin/", closing_views.closing_begin, name="closing-begin"),
    path("desk/reports/closing/<int:year>/progress/", closing_views.closing_progress, name="closing-progress"),
    path("desk/reports/closing/<int:year>/resume/", closing_views.closing_resume, name="closing-resume"),
    path("desk/reports/members/", views.people_list, name="report-members"),
    path("desk/trainings/<uuid:uuid>/gains/", gains_views.training_gains, name="training-gains"),
    path("desk/rules/", rerating_views.rules, name="rules"),
    path("desk/rules/<int:pk>/rerate/", rerating_views.rerating_begin, name="rerating-begin"),
    path("desk/rules/reratings/<int:pk>/", rerating_views.rerating_detail, name="rerating"),
    path("desk/rules/reratings/<int:pk>/decide/", rerating_views.rerating_decide, name="rerating-decide"),
    path("desk/rules/reratings/<int:pk>/progress/", rerating_views.rerating_progress, name="rerating-progress"),
    path("desk/rules/reratings/<int:pk>/members/<str:code>/", rerating_views.rerating_member, name="rerating-member"),
    path("desk/goals/policies/<int:pk>/trial/", trial_views.goal_trial, name="goal-trial"),
    path("desk/goals/policies/<int:pk>/trial/progress/", trial_views.goal_trial_progress, name="goal-trial-progress"),
    path("desk/rules/<int:pk>/trial/", trial_views.rule_trial, name="rule-trial"),
    path("desk/rules/<int:pk>/trial/progress/", trial_views.rule_trial_progress, name="rule-trial-progress"),
    path("desk/audit/", audit_views.runs, name="audit-runs"),
    path("desk/audit/seal/", audit_views.seal, name="ledger-seal"),
    path("desk/members/<str:code>/hours/", views.member_hours, name="member-hours"),
    path("desk/members/<str:code>/explain/<slug:key>/", explain_views.member_explanation, name="member-explanation"),
]
