require "socket"
require "tally"

server = TCPServer.new("0.0.0.0", 4567)
trap("TERM") { exit }
loop do
  client = server.accept
  client.gets
  body = "#{Tally.count("three short words")} words\n"
  client.write "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}"
  client.close
end
