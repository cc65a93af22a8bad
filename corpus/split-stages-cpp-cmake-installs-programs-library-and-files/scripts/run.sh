#!/bin/sh
set -e
to-celsius "$1"
exec to-kelvin 26.85
