plugins {
    id("books")
}

dependencies {
    implementation(project(":model"))
}

tasks.jar {
    manifest {
        attributes("Main-Class" to "books.api.Api")
    }
}
