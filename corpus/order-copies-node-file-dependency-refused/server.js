const express = require('express');
const { format } = require('@acme/money');

const app = express();

app.get('/', (req, res) => res.send(format(4.5, 'eur')));

app.listen(3000);
