package org.example;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

final class ResourceBundleReader {
    static String first() {
        try (InputStream in = ResourceBundleReader.class.getResourceAsStream("/words.properties")) {
            Properties words = new Properties();
            words.load(in);
            return words.getProperty("first");
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
