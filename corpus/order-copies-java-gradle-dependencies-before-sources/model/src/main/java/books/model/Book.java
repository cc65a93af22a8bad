package books.model;

public record Book(String title) {}
