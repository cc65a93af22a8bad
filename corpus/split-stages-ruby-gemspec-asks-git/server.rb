require "socket"
require "greeter"

server = TCPServer.new("0.0.0.0", 4567)
loop do
  client = server.accept
  client.readpartial(4096)
  body = Greeter.greet("world")
  client.write("HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}")
  client.close
end
