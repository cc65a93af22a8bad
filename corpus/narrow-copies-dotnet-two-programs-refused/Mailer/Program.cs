using System;

namespace Mailer
{
    public static class Program
    {
        public static void Main() => Console.WriteLine("mailer");
    }
}
