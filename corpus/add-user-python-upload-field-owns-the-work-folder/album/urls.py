from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.urls import path

from album.models import Photo


def sample(request):
    photo = Photo.objects.create(file=ContentFile(b"a lighthouse\n", name="sample.txt"))
    return HttpResponse(photo.file.read(), content_type="text/plain")


urlpatterns = [path("sample", sample)]
