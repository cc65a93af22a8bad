const express = require('express');

const app = express();

app.get('/', (req, res) => res.send(require('./config/site.json').title));

app.listen(3000);
