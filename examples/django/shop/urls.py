from django.urls import path

from visits import views

urlpatterns = [
    path("", views.home),
    path("api/visits", views.api),
    path("up", views.up),
]
