#!/bin/sh
set -e
# wait for the database before the first request
if [ -n "$DB_HOST" ]; then
    until nc -z "$DB_HOST" "${DB_PORT:-3306}"; do
        sleep 1
    done
fi
exec uvicorn app.main:api --host 0.0.0.0 --port 8000
