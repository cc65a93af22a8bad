require "active_support/core_ext/integer/time"

Rails.application.configure do
  config.enable_reloading = false
  config.eager_load = true
  config.logger = ActiveSupport::Logger.new(STDOUT)
  config.force_ssl = true
end
