#!/bin/sh
set -e

# the bundle's folder may be a volume
bundle check || bundle install
exec "$@"
