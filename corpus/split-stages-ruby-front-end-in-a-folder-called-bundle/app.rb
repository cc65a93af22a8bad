require "sinatra/base"

class Shop < Sinatra::Base
  set :public_folder, File.join(__dir__, "web/public")

  get "/" do
    '<script src="/bundle/shop.js"></script>'
  end
end
