const express = require('express');

const settings = require('./settings.json');

const app = express();

app.get('/', (req, res) => res.send(settings.greeting));

app.listen(3000);
