using System;

namespace Front
{
    public static class Program
    {
        public static void Main() => Console.WriteLine("front");
    }
}
