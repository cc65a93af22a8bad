#!/bin/sh
exec python tools/debugger.py
