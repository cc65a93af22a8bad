plugins {
    id("books")
}

dependencies {
    implementation(libs.gson)
}
