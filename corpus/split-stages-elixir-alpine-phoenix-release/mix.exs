defmodule Board.MixProject do
  use Mix.Project

  @version String.trim(File.read!("VERSION"))

  def project do
    [
      app: :board,
      version: @version,
      elixir: "~> 1.14",
      aliases: aliases(),
      deps: deps()
    ]
  end

  def application do
    [mod: {Board.Application, []}, extra_applications: [:logger, :runtime_tools]]
  end

  defp deps do
    [
      {:phoenix, "~> 1.7.14"},
      {:bandit, "~> 1.5"},
      {:esbuild, "~> 0.8", runtime: Mix.env() == :dev}
    ]
  end

  defp aliases do
    [
      setup: ["deps.get", "assets.setup"],
      "assets.deploy": ["esbuild board --minify", "phx.digest"]
    ]
  end
end
