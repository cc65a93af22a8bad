const express = require('express');

const app = express();

app.get('/', (req, res) => res.send('sources are here'));

app.listen(3000);
