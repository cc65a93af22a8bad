require "socket"
require "pqv"

server = TCPServer.new("0.0.0.0", 9292)
loop do
  client = server.accept
  client.readpartial(4096)
  body = "libpq #{Pqv.version}"
  client.write("HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}")
  client.close
end
