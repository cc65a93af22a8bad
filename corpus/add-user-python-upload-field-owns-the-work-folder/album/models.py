from django.db import models


class Photo(models.Model):
    # nothing sets MEDIA_ROOT: files go below the folder that the server was started in
    file = models.FileField(upload_to="photos/")
