const http = require('http');
const microtime = require('microtime');

http
  .createServer((req, res) => {
    const started = microtime.now();
    res.end(`answered within ${microtime.now() - started < 1e6 ? 'a second' : 'ages'}`);
  })
  .listen(3000);
