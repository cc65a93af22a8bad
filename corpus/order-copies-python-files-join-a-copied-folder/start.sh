#!/bin/sh
cd /srv/service && exec gunicorn --bind 0.0.0.0:8000 web:app
