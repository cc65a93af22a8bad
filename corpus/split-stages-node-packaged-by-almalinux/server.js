const fs = require("node:fs");
const http = require("node:http");
const ms = require("ms");

const page = fs.readFileSync("pages/index.html", "utf8");

http
  .createServer((request, response) => {
    response.end(page.replace("{uptime}", ms(Math.round(process.uptime() * 1000))));
  })
  .listen(3000);
