using System;

namespace Counter
{
    public static class Program
    {
        public static void Main(string[] args) => Console.WriteLine("counted " + args.Length);
    }
}
