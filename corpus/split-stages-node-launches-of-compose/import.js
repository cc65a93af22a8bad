const { encode } = require("he");

console.log(encode("<imported>"));
