const http = require('http');
const escape = require('escape-html');

http.createServer((req, res) => res.end(`bundled ${escape(req.url)}`)).listen(3000);
