using System.Diagnostics;

namespace Revision
{
    public static class Shell
    {
        public static string Run(string command)
        {
            using var process = new Process();
            process.StartInfo.FileName = "/bin/sh";
            process.StartInfo.Arguments = $"-c \"{command}\"";
            process.StartInfo.RedirectStandardOutput = true;
            process.Start();
            process.WaitForExit();
            return process.StandardOutput.ReadToEnd();
        }
    }
}
