// takes the theme's packages into the manifest, and its name into a file that the server reads
const fs = require("node:fs");
const path = require("node:path");

const theme = JSON.parse(fs.readFileSync(path.join(__dirname, "../themes/plain.json"), "utf8"));
const manifest = JSON.parse(fs.readFileSync("package.json", "utf8"));

Object.assign(manifest.dependencies, theme.dependencies);
fs.writeFileSync("package.json", JSON.stringify(manifest, null, 2));
fs.writeFileSync("theme.txt", theme.name);
