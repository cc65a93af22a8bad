const express = require('express');

const app = express();

app.get('/', (req, res) => res.send('sources came along'));

app.listen(3000);
