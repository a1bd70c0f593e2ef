from django.db import connection
from django.http import JsonResponse
from django.shortcuts import render

from .models import Visit


def home(request):
    Visit.objects.create(path=request.path)
    place = "this container's database" if connection.vendor == "sqlite" else "the app's database"
    latest = Visit.objects.order_by("-at")[:5]
    return render(request, "visits/home.djhtml", {"count": Visit.objects.count(), "latest": latest, "place": place})


def api(request):
    return JsonResponse({"visits": Visit.objects.count()})


def up(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
