#!/bin/sh
set -e
echo "starting ${NAME:-mirror}"
exec ./target/release/mirror 0.0.0.0:9000
