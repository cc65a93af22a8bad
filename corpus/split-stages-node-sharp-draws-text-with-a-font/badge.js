"use strict";

const sharp = require("sharp");

const badge = `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40">
  <rect width="160" height="40" fill="white"/>
  <text x="10" y="27" font-family="sans-serif" font-size="20" fill="black">passing</text>
</svg>`;

async function main() {
  const { channels } = await sharp(Buffer.from(badge)).stats();
  console.log(`letters are drawn: ${channels[0].min < 128}`);
}

main();
