from django.shortcuts import render

from guestbook.models import Visit


def index(request):
    Visit.objects.create()
    return render(request, "guestbook/index.html", {"visits": Visit.objects.count()})
