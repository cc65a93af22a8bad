const express = require('express');
const menu = require('./config/menu.sorted.json');

const app = express();

app.get('/', (req, res) => res.send(menu.join(', ')));

app.listen(3000);
