using System;
using System.Diagnostics;

namespace Runner
{
    public static class Program
    {
        public static void Main()
        {
            var info = new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true };
            using var process = Process.Start(info);
            Console.WriteLine("built with " + process.StandardOutput.ReadToEnd().Trim());
        }
    }
}
