const http = require('http');
const { next } = require('../shared/store');

http.createServer((request, response) => response.end(`visit ${next()}`)).listen(8080);
