from django.conf import settings
from django.http import FileResponse
from django.urls import path


def stylesheet(request):
    return FileResponse(open(settings.STATIC_ROOT / "shop.css", "rb"), content_type="text/css")


urlpatterns = [path("shop.css", stylesheet)]
