"""Addresses of goals and exemptions on the desk."""

from django.urls import path

from lms.goals import policy_views, views

urlpatterns = [
    path("desk/goals/", views.goals_of_the_year, name="goal-list"),
    path("desk/goals/policies/", policy_views.policy_list, name="goal-policies"),
    path("desk/goals/policies/<int:pk>/", policy_views.policy_detail, name="goal-policy"),
    path("desk/goals/policies/<int:pk>/lines/", policy_views.line_add, name="goal-line-add"),
    path("desk/goals/policies/<int:pk>/publish/", policy_views.policy_publish, name="goal-policy-publish"),
    path("desk/goals/lines/<int:pk>/", policy_views.line_edit, name="goal-line-edit"),
    path("desk/goals/lines/<int:pk>/remove/", policy_views.line_remove, name="goal-line-remove"),
    path("desk/exemptions/", views.exemption_list, name="exemption-list"),
    path("desk/members/<str:code>/exemptions/", views.exemptions, name="member-exemptions"),
    path("desk/exemptions/<int:pk>/withdraw/", views.withdraw, name="exemption-withdraw"),
]
