package org.example;

import io.github.cdimascio.dotenv.Dotenv;

public class Sign {
    public static void main(String[] args) {
        System.out.println(Dotenv.load().get("SIGN"));
    }
}
