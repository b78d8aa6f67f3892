"""Addresses. What none of them matches is answered by the middleware, as a signed problem."""

from django.urls import path

from tenun.api.site import site

urlpatterns = [path("", site.urls)]
