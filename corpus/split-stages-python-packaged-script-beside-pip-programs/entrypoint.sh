#!/bin/sh
set -e
echo "stock of today"
exec python3 table.py "$@"
