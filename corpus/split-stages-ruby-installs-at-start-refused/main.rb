puts "started with Ruby #{RUBY_VERSION.split(".").first}"
