#!/bin/sh
set -e
mkdir -p m4
autoreconf --install --force
