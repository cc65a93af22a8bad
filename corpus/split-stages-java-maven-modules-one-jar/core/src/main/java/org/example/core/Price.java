package org.example.core;

public record Price(int cents) {
    @Override
    public String toString() {
        return cents / 100 + "." + cents % 100;
    }
}
