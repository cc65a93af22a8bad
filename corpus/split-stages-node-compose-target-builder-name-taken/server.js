const express = require('express');

const app = express();

app.get('/', (req, res) => res.send('name taken'));

app.listen(3000);
