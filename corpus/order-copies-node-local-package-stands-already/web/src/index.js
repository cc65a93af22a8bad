const http = require("http");
const ms = require("ms");
const tides = require("tides");

http.createServer((_, response) => response.end(`${tides()}, next in ${ms(21600000, { long: true })}\n`)).listen(3000);
