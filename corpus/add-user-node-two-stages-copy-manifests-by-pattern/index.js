const express = require('express');
const ms = require('ms');

const app = express();

app.get('/', (req, res) => res.send(`next bus in ${ms(90 * 60 * 1000, { long: true })}`));

app.listen(3000);
