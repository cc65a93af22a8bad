require "greeter/version"

module Greeter
  def self.greet(name)
    "hello #{name} from greeter #{VERSION}"
  end
end
