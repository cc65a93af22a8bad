package library

import org.springframework.beans.factory.annotation.Value
import org.springframework.boot.autoconfigure.SpringBootApplication
import org.springframework.boot.runApplication
import org.springframework.web.bind.annotation.GetMapping
import org.springframework.web.bind.annotation.RestController

@SpringBootApplication
class Library

@RestController
class Shelves(@Value("\${library.name}") private val name: String, @Value("\${library.books}") private val books: Int) {
    @GetMapping("/")
    fun count() = "$name: $books books"
}

fun main(args: Array<String>) {
    runApplication<Library>(*args)
}
