const fs = require("node:fs");
const express = require("express");

const app = express();

app.get("/", (request, response) => {
  response.send(fs.existsSync(".npmrc") ? "settings of the build" : "a quiet quote");
});

app.listen(3000);
