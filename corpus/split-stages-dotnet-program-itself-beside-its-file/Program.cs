using System;
using System.IO;

namespace Quotes
{
    public static class Program
    {
        public static void Main()
        {
            var path = Path.Combine(AppContext.BaseDirectory, "quotes.txt");
            Console.WriteLine(File.ReadAllText(path).Trim() + ", says " + Environment.GetEnvironmentVariable("AUTHOR"));
        }
    }
}
