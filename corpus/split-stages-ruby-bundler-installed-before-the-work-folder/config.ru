require_relative "app"

run Mailer
