defmodule Tally.Application do
  use Application

  def start(_type, _args) do
    File.write!("state/tally.txt", "seven\n")
    IO.puts("tallied " <> File.read!("state/tally.txt"))
    # when the release has started
    spawn(fn ->
      Process.sleep(1000)
      System.stop(0)
    end)

    Supervisor.start_link([], strategy: :one_for_one)
  end
end
