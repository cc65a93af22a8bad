import { createServer } from "node:http";

const hours: number = 24;

createServer((request, response) => {
  response.end(`a day has ${hours} hours`);
}).listen(3000);
