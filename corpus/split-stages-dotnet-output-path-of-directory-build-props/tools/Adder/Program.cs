using System;
using System.Linq;

namespace Adder
{
    public static class Program
    {
        public static void Main(string[] args) => Console.WriteLine("sum " + args.Sum(int.Parse));
    }
}
