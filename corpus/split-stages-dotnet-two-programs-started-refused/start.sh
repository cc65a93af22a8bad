#!/bin/sh
/bin/sleep 0
dotnet /out/mailer/Mailer.dll &
wait
exec dotnet /out/front/Front.dll
