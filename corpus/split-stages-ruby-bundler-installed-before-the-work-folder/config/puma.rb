workers 2
port ENV.fetch("PORT", 6060)
preload_app!
