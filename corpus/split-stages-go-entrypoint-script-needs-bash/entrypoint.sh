#!/bin/bash
set -euo pipefail

export MODE="${MODE:-default mode}"
exec "$@"
