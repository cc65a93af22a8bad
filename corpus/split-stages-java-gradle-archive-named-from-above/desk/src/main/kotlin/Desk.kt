import com.sun.net.httpserver.HttpServer
import java.net.InetSocketAddress

fun main() {
    val body = ByteArray(11)
    greeting().readBytes(body)
    val server = HttpServer.create(InetSocketAddress(7000), 0)
    server.createContext("/") { exchange ->
        exchange.sendResponseHeaders(200, body.size.toLong())
        exchange.responseBody.use { it.write(body) }
    }
    server.start()
}
