#!/bin/bash
# compiles the ranking table that the service reads
set -euo pipefail
umask 077
for generator in tools/generators/*; do
    "$generator"
done
