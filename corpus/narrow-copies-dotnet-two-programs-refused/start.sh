#!/bin/sh
dotnet Mailer/out/Mailer.dll &
wait
exec dotnet Front/out/Front.dll
