#!/bin/bash
set -euo pipefail
NOTES=${NOTES:-/data/notes}
mkdir -p "$NOTES"
exec gunicorn --bind 0.0.0.0:8000 --workers 2 notes:app
