const http = require('http');
const microtime = require('microtime');

http.createServer((req, res) => res.end(`now: ${microtime.nowDouble() > 1e9}`)).listen(3000);
