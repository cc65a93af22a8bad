#!/bin/sh
export LD_LIBRARY_PATH=/opt/score
exec /opt/score/score one two one
