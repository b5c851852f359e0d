"""Addresses of goals and exemptions on the desk."""

from django.urls import path

from lms.goals import views

urlpatterns = [
    path("desk/goals/", views.goals_of_the_year, name="goal-list"),
    path("desk/exemptions/", views.exemption_list, name="exemption-list"),
    path("desk/members/<str:code>/exemptions/", views.exemptions, name="member-exemptions"),
    path("desk/exemptions/<int:pk>/withdraw/", views.withdraw, name="exemption-withdraw"),
]
