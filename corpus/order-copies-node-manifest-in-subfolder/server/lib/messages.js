exports.welcome = (name) => `welcome, ${name}`;
