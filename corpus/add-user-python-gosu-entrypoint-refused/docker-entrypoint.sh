#!/bin/sh
set -e

mkdir -p /var/lib/web
chown -R web /var/lib/web

exec gosu web "$@"
