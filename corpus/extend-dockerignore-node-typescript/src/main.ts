import 'dotenv/config';
import express from 'express';

const app = express();

app.get('/', (_req, res) => {
  res.send(process.env.MOTTO);
});

app.listen(3000);
