require "socket"
require_relative "lib/thumbnail"

server = TCPServer.new("0.0.0.0", Integer(ENV.fetch("PORT", "8080")))
loop do
  client = server.accept
  client.readpartial(4096)
  body = Thumbnail.make("sample", "32x32").positive? ? "thumbnail made" : "empty"
  client.write("HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}")
  client.close
end
