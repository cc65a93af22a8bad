const express = require('express');
const fs = require('fs');

const counter = './visits.json';

if (!fs.existsSync(counter)) {
  fs.writeFileSync(counter, JSON.stringify({ visits: 0 }));
}

const app = express();

app.get('/', (req, res) => {
  const { visits } = JSON.parse(fs.readFileSync(counter, 'utf8'));
  fs.writeFileSync(counter, JSON.stringify({ visits: visits + 1 }));
  fs.writeFileSync('uploads/last.txt', `${visits + 1}\n`);
  res.send(`kept a count of ${fs.readFileSync('uploads/last.txt', 'utf8')}`);
});

app.listen(3000);
