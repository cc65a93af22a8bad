SECRET_KEY = "only for trials"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["album"]
ROOT_URLCONF = "album.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/tmp/album.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
