const express = require('express');
const ms = require('ms');

const app = express();

app.get('/', (req, res) => res.send(`one fortnight is ${ms('1 fortnight')} ms`));

app.listen(3000);
