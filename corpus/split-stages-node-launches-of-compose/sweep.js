const fs = require("node:fs");

fs.mkdirSync("swept", { recursive: true });
fs.appendFileSync("swept/times.txt", "swept\n");
setInterval(() => fs.appendFileSync("swept/times.txt", "swept\n"), 60000);
