dependencies {
    implementation("io.netty:netty-buffer:4.1.115.Final")
}
