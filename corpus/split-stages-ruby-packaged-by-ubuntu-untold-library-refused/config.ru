require "typhoeus"

run lambda { |env|
  [200, { "Content-Type" => "text/plain" }, ["#{Typhoeus.get("https://example.org/").code}\n"]]
}
