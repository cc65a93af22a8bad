import { readFileSync } from 'fs';
import path from 'path';
import express from 'express';

const root = path.resolve(process.env.CONTENT_ROOT || '.');
const app = express();

app.use((req, res) => {
  res.type('text').send(readFileSync(path.join(root, path.normalize(req.path)), 'utf8'));
});

app.listen(3000);
