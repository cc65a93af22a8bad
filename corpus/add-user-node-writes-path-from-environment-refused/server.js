const fs = require('fs');
const path = require('path');
const express = require('express');

const app = express();
const file = path.join(process.env.STATE_DIR || '.', 'count');

app.get('/', (req, res) => {
  const count = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) + 1 : 1;
  fs.writeFileSync(file, String(count));
  res.send(`visit ${count}`);
});

app.listen(3000);
