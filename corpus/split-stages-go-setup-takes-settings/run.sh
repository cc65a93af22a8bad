#!/bin/sh
exec /srv/settled/settled
