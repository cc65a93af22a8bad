const express = require('express');
const { total } = require('@acme/prices');

const app = express();

app.get('/', (req, res) => res.send(`total ${total([3, 4])}`));

app.listen(3000);
