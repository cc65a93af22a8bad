#!/bin/sh
set -e
{
    echo 'static const char *sayings[] = {'
    sed 's/.*/    "&",/' "$1"
    echo '};'
} > "$2"
