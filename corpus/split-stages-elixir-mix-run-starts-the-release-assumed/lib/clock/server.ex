defmodule Clock.Server do
  @moduledoc "Answers every request with a greeting."
  use Task, restart: :permanent

  def start_link(port), do: Task.start_link(__MODULE__, :listen, [port])

  def listen(port) do
    {:ok, socket} = :gen_tcp.listen(port, [:binary, packet: :raw, active: false, reuseaddr: true])
    accept(socket)
  end

  defp accept(socket) do
    {:ok, client} = :gen_tcp.accept(socket)
    {:ok, _request} = :gen_tcp.recv(client, 0)
    body = "#{Application.fetch_env!(:clock, :greeting)} from Elixir"
    head = "HTTP/1.1 200 OK\r\ncontent-length: #{byte_size(body)}\r\nconnection: close\r\n\r\n"
    :ok = :gen_tcp.send(client, head <> body)
    :gen_tcp.close(client)
    accept(socket)
  end
end
