const express = require('express');

const app = express();

app.get('/', (req, res) => res.send('installed as node'));

app.listen(3000);
