const express = require('express');

const app = express();

app.get('/', (req, res) => res.send('targeted'));

app.listen(3000);
