using System;
using System.IO;

namespace Radio
{
    public static class Program
    {
        public static void Main()
        {
            var stations = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "stations.txt"));
            Console.WriteLine("stations: " + stations.Length);
        }
    }
}
