#!/bin/sh
set -e
if [ -n "$DATABASE_HOST" ]; then
    until pg_isready -q -h "$DATABASE_HOST"; do
        sleep 1
    done
fi
echo "started beside $(pg_isready --version)"
exec python -m app.main
