import { readFileSync } from 'fs';
import { join } from 'path';
import express from 'express';

const list = readFileSync(join(process.cwd(), 'src', 'queries', 'list.sql'), 'utf8');
const app = express();

app.get('/', (_req, res) => {
  res.type('text').send(list);
});

app.listen(3000);
