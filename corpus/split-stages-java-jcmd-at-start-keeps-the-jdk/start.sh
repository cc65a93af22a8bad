#!/bin/sh
# what else runs in this container
jcmd -l
exec java -jar target/service-1.0.jar "$@"
