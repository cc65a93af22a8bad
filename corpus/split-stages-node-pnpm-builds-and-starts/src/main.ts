import express from 'express';
import { greeting } from './greeting';

const app = express();

app.get('/', (_req, res) => {
  res.send(greeting('pnpm'));
});

app.listen(3000);
