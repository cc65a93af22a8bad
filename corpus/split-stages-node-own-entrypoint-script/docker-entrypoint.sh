#!/bin/sh
set -e

# secrets may come as files
if [ -n "$GREETING_FILE" ]; then
  GREETING=$(cat "$GREETING_FILE")
fi
export GREETING="${GREETING:-hello}"

exec "$@"
