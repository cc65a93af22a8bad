import Config

config :board, BoardWeb.Endpoint, secret_key_base: System.fetch_env!("SECRET_KEY_BASE")
