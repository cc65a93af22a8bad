const bcrypt = require('bcrypt');
const express = require('express');

const app = express();
const stored = bcrypt.hashSync('secret', 4);

app.get('/login/:password', (req, res) => {
  res.send(bcrypt.compareSync(req.params.password, stored) ? 'welcome' : 'go away');
});

app.listen(3000);
