package org.example;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;

public class Main {
    public static void main(String[] args) throws Exception {
        String url = "jdbc:hsqldb:file:visits;shutdown=true";
        try (Connection connection = DriverManager.getConnection(url, "SA", "");
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO visits VALUES ('now')");
            try (ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM visits")) {
                rows.next();
                System.out.println("visits: " + rows.getInt(1));
            }
        }
    }
}
