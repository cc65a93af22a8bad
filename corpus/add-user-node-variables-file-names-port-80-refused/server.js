require("dotenv").config();
const express = require("express");

const app = express();

app.get("/", (request, response) => {
  response.send(`The shop is ${process.env.GREETING}`);
});

app.listen(process.env.PORT, () => console.log(`listening on ${process.env.PORT}`));
