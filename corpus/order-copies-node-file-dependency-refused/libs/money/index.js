const digits = require('./table.json');

exports.format = (amount, currency) => `${amount.toFixed(digits[currency])} ${currency}`;
