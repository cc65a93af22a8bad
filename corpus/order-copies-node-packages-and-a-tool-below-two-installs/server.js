const http = require('http');
const { execFileSync } = require('child_process');
const ms = require('ms');

const kind = execFileSync('file', ['--brief', __filename]).toString().trim();

http
  .createServer((request, response) => {
    response.end(`two days are ${ms('2d')} ms; this is ${kind}\n`);
  })
  .listen(3000);
