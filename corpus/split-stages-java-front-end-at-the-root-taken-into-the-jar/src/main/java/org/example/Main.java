package org.example;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;

public final class Main {
    public static void main(String[] args) throws IOException {
        byte[] script;
        try (InputStream file = Main.class.getResourceAsStream("/static/page.js")) {
            script = file.readAllBytes();
        }
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, script.length);
            exchange.getResponseBody().write(script);
            exchange.close();
        });
        server.start();
    }
}
