import { createServer } from "node:http";
import ms from "ms";

createServer((_, response) => response.end(`the buoy answers every ${ms(60000, { long: true })}\n`)).listen(3000);
