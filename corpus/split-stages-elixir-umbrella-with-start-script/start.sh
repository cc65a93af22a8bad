#!/bin/sh
set -e

_build/prod/rel/shop/bin/shop eval 'IO.puts("checked " <> Store.motto())'
exec _build/prod/rel/shop/bin/shop start
