defmodule BoardWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :board

  plug Plug.Static, at: "/", from: :board
end
