package org.example;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.core.io.ClassPathResource;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class Shop {
    @Value("${shop.name:nowhere}")
    private String name;

    @Value("${shop.stock:0}")
    private int stock;

    public static void main(String[] args) {
        SpringApplication.run(Shop.class, args);
    }

    @GetMapping("/")
    String offer() throws IOException {
        try (InputStream in = new ClassPathResource("goods.txt").getInputStream()) {
            String goods = new String(in.readAllBytes(), StandardCharsets.UTF_8).trim();
            return name + ": " + stock + " " + goods;
        }
    }
}
