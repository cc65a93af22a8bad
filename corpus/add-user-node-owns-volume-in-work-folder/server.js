const fs = require('fs');
const path = require('path');
const express = require('express');

const app = express();
const diary = path.join(__dirname, 'public', 'uploads', 'diary.txt');

app.get('/', (req, res) => {
  fs.appendFileSync(diary, 'dear diary\n');
  fs.writeFileSync(path.join(__dirname, 'public', 'index.txt'), 'one entry\n');
  res.type('text').send(fs.readFileSync(diary, 'utf8'));
});

app.listen(3000);
