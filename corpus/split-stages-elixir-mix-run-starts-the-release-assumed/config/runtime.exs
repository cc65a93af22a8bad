import Config

if greeting = System.get_env("GREETING") do
  config :clock, greeting: greeting
end
