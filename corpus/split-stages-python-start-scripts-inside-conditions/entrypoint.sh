#!/bin/sh
set -e

seed() {
    echo "seeding"
    ./scripts/seed.sh
}

[ -z "$SEED" ] || seed
# a machine of a developer may hold its own settings
[ -f ./local.sh ] && . ./local.sh
if [ -n "$DEBUG" ]; then
    # only in a checkout with the tools
    exec ./scripts/debug.sh
fi

case "$1" in
    web) exec ./scripts/web.sh ;;
    report) exec sh scripts/report.sh ;;
    *) exec "$@" ;;
esac
