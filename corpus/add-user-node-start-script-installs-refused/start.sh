set -e
npm install --omit=dev
exec node server.js
