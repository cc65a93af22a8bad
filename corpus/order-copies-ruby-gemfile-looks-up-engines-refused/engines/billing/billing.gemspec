Gem::Specification.new do |spec|
  spec.name = "billing"
  spec.version = "0.3.0"
  spec.summary = "Bills"
  spec.authors = ["The team"]
  spec.files = ["lib/billing.rb"]
end
