variable "TAG" {
  default = "latest"
}

target "app" {
  context = "."
  target  = "build" # the only stage
  tags    = ["registry.example.com/team/pages:${TAG}"]
}
