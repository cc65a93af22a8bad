const fs = require('fs');
const express = require('express');

const app = express();

app.get('/', (req, res) => res.json(JSON.parse(fs.readFileSync('data/ledger.json', 'utf8'))));

app.listen(3000);
