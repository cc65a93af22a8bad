#!/bin/bash
set -e
export ASPNETCORE_URLS="${ASPNETCORE_URLS:-http://+:9000}"
exec dotnet /app/Stock.dll "$@"
