const express = require('express');
const answer = require('./routes/answer');

const app = express();

app.get('/', (req, res) => res.send(`the answer is ${answer}`));

app.listen(3000);
