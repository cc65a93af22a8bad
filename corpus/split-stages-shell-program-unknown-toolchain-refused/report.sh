#!/bin/sh
set -eu
jq -r '.[] | "\(.item) costs \(.price)"' prices.json
echo "total $(jq '[.[].price] | add' prices.json)"
