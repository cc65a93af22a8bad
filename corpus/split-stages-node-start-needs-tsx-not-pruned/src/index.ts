import express from 'express';

const notes: string[] = ['buy milk'];
const app = express();

app.get('/', (_req, res) => {
  res.json(notes);
});

app.listen(3000);
