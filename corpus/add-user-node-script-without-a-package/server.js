const fs = require('fs');
const http = require('http');

fs.writeFileSync('visits.json', '0');

http.createServer((request, response) => {
  const visits = Number(fs.readFileSync('visits.json', 'utf8')) + 1;
  fs.writeFileSync('visits.json', String(visits));
  response.end('somebody was here');
}).listen(8080);
