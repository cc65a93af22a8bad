package org.example;

import java.io.FileReader;
import java.io.IOException;
import java.util.Properties;

public class Clerk {
    public static void main(String[] args) throws IOException {
        Properties settings = new Properties();
        try (FileReader reader = new FileReader("target/conf/clerk.properties")) {
            settings.load(reader);
        }
        System.out.println("the clerk says " + settings.getProperty("greeting"));
    }
}
