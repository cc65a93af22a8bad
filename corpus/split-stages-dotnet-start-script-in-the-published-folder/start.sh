#!/bin/bash
set -e
export ASPNETCORE_URLS="http://+:${PORT:-9000}"
exec dotnet Stock.dll "$@"
