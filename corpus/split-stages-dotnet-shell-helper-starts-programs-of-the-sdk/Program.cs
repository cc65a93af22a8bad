using System;

namespace Revision
{
    public static class Program
    {
        public static void Main()
        {
            Console.Write(Shell.Run("git --version"));
            Console.WriteLine("processes: " + (Shell.Run("ps -e | wc -l").Trim() != "0"));
        }
    }
}
