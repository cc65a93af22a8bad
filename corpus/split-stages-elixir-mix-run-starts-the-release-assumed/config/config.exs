import Config

config :clock, greeting: "hello"
