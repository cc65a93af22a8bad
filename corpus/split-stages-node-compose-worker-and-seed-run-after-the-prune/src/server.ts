import express from "express";
import { letters } from "./letters";

const app = express();

app.get("/", (request, response) => {
  response.send(`letters: ${letters.length}`);
});

app.listen(3000);
