open System.Diagnostics
open System.IO

[<EntryPoint>]
let main _ =
    printfn "%s" (File.ReadAllText "notes.txt")
    use git = Process.Start("git", "--version")
    git.WaitForExit()
    git.ExitCode
