const express = require("express");

const app = express();

app.get("/", (request, response) => response.send("notes are kept"));

app.listen(3000);
