const { letters } = require("../dist/letters");

console.log(`seeded ${letters.join(", ")}`);
