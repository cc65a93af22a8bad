require_relative "lib/greeter/version"

Gem::Specification.new do |spec|
  spec.name = "greeter"
  spec.version = Greeter::VERSION
  spec.summary = "Says hello"
  spec.authors = ["The team"]
  spec.files = Dir["lib/**/*.rb"]
end
