import express from 'express';
import { readFileSync } from 'fs';

const app = express();

app.get('/', (_request, response) => {
  response.type('text').send(readFileSync('/usr/share/licenses/noticed', 'utf8'));
});

app.listen(3000);
