rootProject.name = "books"

include("api", "model")
