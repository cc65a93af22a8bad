require "pg"
require "sinatra/base"

class Mailer < Sinatra::Base
  set :views, File.join(__dir__, "views")

  get "/" do
    @name = params.fetch("name", "friend")
    erb :mail
  end
end
