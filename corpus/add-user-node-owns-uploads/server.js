const fs = require('fs');
const express = require('express');

const app = express();

fs.mkdirSync('uploads', { recursive: true });

app.put('/:name', express.text({ type: '*/*' }), (req, res) => {
  fs.writeFileSync(`uploads/${encodeURIComponent(req.params.name)}`, req.body);
  res.sendStatus(201);
});

app.get('/', (req, res) => {
  fs.appendFileSync('uploads/visits.log', `${new Date().toISOString()}\n`);
  res.json(fs.readdirSync('uploads'));
});

app.listen(3000);
