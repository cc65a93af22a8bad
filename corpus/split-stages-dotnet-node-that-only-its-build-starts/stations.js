const fs = require("fs");

fs.writeFileSync(process.argv[2], ["north", "south", "east"].join("\n"));
