namespace Gallery;

public sealed record Index(string Title);
