application.mainClass.set("DeskKt")

dependencies {
    implementation(project(":pool"))
    implementation("io.netty:netty-buffer:4.1.115.Final")
}
