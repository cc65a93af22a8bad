import { createServer } from "node:http";

createServer((request, response) => response.end("counted")).listen(3000);
