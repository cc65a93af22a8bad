import express from 'express';
import { isPrime } from './prime';

const app = express();

app.get('/:n', (req, res) => {
  res.json({ prime: isPrime(Number(req.params.n)) });
});

app.listen(3000);
