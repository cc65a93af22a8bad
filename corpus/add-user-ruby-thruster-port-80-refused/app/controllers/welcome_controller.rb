class WelcomeController < ActionController::Base
  def index
    render plain: "welcome"
  end
end
