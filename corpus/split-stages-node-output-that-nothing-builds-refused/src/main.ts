import path from 'path';
import express from 'express';
import { greeting } from './greeting';

const app = express();

app.use('/static', express.static(path.join(__dirname, '..', 'public')));
app.get('/', (_req, res) => {
  res.send(greeting('world'));
});

app.listen(3000, () => console.log('listening on 3000'));
