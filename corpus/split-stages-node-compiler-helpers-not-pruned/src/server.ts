import express from 'express';
import { readFile } from 'fs/promises';

const app = express();

app.get('/', async (_request, response) => {
  const project = JSON.parse(await readFile('package.json', 'utf8'));
  response.send(`this is ${project.name}`);
});

app.listen(3000);
