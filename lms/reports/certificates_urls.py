"""Addresses of the official forms about one member: certificates, their checking, the yearly sheet."""

from django.urls import path

from lms.reports import certificates_batch_views as batch
from lms.reports import certificates_verify as public
from lms.reports import certificates_views as views
from lms.reports import year_sheet_views as sheet

urlpatterns = [
    path("verify/", public.check, name="certificate-check"),
    path("verify/<str:number>/", public.verify, name="certificate-verify"),
    path("certificates/<str:number>/", views.certificate_detail, name="certificate-detail"),
    path("certificates/<str:number>/pdf/", views.certificate_pdf, name="certificate-pdf"),
    path("certificates/<str:number>/revoke/", views.certificate_revoke, name="certificate-revoke"),
    path("learn/certificates/", views.own_certificates, name="own-certificates"),
    path("learn/sheet/<int:year>/", sheet.own_sheet, name="own-sheet"),
    path("learn/sheet/<int:year>/pdf/", sheet.own_sheet_pdf, name="own-sheet-pdf"),
    path("desk/certificates/", views.certificate_list, name="certificate-list"),
    path("desk/certificates/batches/", batch.batch_list, name="certificate-batch-list"),
    path("desk/certificates/batches/new/", batch.batch_new, name="certificate-batch-new"),
    path("desk/certificates/batches/<uuid:batch>/", batch.batch_detail, name="certificate-batch"),
    path("desk/certificates/batches/<uuid:batch>/progress/", batch.batch_progress, name="certificate-batch-progress"),
    path("desk/certificates/batches/<uuid:batch>/file/", batch.batch_file, name="certificate-batch-file"),
    path("desk/certificates/batches/<uuid:batch>/resume/", batch.batch_resume, name="certificate-batch-resume"),
    path("desk/members/<str:code>/certificates/", views.member_certificates, name="member-certificates"),
    path("desk/members/<str:code>/sheet/<int:year>/", sheet.member_sheet, name="member-sheet"),
    path("desk/members/<str:code>/sheet/<int:year>/pdf/", sheet.member_sheet_pdf, name="member-sheet-pdf"),
]
