#!/bin/sh
# waits until the web service answers, then becomes what it is told
set -e
until curl --silent --fail http://web:8000/ > /dev/null; do
    sleep 1
done
exec "$@"
