const http = require('http')
const ms = require('ms')
const ledger = require('ledger')

http
  .createServer((request, response) => {
    const count = ledger.note(request.url)
    response.end(`noted: ${count > 0}, kept for ${ms(86400000, { long: true })}\n`)
  })
  .listen(3000)
