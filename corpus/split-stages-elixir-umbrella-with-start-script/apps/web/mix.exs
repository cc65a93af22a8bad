defmodule Web.MixProject do
  use Mix.Project

  def project do
    [
      app: :web,
      version: "1.0.0",
      build_path: "../../_build",
      config_path: "../../config/config.exs",
      deps_path: "../../deps",
      lockfile: "../../mix.lock",
      deps: deps()
    ]
  end

  def application, do: [extra_applications: [:logger], mod: {Web, []}]

  defp deps, do: [{:store, in_umbrella: true}]
end
