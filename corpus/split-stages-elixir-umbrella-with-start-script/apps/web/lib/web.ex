defmodule Web do
  use Application

  @impl true
  def start(_type, _args) do
    Supervisor.start_link([{Task, &listen/0}], strategy: :one_for_one)
  end

  defp listen do
    {:ok, socket} = :gen_tcp.listen(8080, [:binary, packet: :raw, active: false, reuseaddr: true])
    loop(socket)
  end

  defp loop(socket) do
    {:ok, client} = :gen_tcp.accept(socket)
    {:ok, _request} = :gen_tcp.recv(client, 0)
    body = Store.motto() <> ", with " <> Store.revision()
    head = "HTTP/1.1 200 OK\r\ncontent-length: #{byte_size(body)}\r\nconnection: close\r\n\r\n"
    :ok = :gen_tcp.send(client, head <> body)
    :gen_tcp.close(client)
    loop(socket)
  end
end
