defmodule Board.Application do
  use Application

  @impl true
  def start(_type, _args) do
    Supervisor.start_link([BoardWeb.Endpoint], strategy: :one_for_one, name: Board.Supervisor)
  end
end
