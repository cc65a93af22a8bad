#!/bin/bash
set -euo pipefail

# the settings live on the configuration server
if [ -n "${CONFIG_URL:-}" ]; then
    curl --fail --silent --show-error --retry 5 "$CONFIG_URL" --output /tmp/settings
fi

exec gunicorn --bind 0.0.0.0:8000 app:app
