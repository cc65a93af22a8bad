defmodule Store do
  @doc "The words of the house, from the folder that the program starts in."
  def motto, do: String.trim(File.read!("texts/motto.txt"))

  def revision do
    case System.cmd("git", ["--version"]) do
      {version, 0} -> String.trim(version)
      _ -> "none"
    end
  end
end
