const fs = require('fs');
const express = require('express');

fs.appendFileSync('diary.log', 'opened\n');

const app = express();

app.get('/', (req, res) => res.send(`the diary says: ${fs.readFileSync('diary.log', 'utf8')}`));

app.listen(3000);
