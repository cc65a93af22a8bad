#!/bin/sh
: "${START_COMMAND:=gunicorn --bind 0.0.0.0:8000 app:app}"
eval "exec $START_COMMAND"
