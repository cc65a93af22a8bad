const express = require('express');

const app = express();

app.get('/', (req, res) => res.send('only ordered'));

app.listen(3000);
