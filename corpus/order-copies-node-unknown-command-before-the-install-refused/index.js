const fs = require("node:fs");
const express = require("express");
const he = require("he");

const app = express();
const theme = fs.readFileSync("theme.txt", "utf8");

app.get("/", (request, response) => response.send(he.encode(`<${theme}>`)));

app.listen(3000);
