using System;
using System.Runtime.InteropServices;

namespace Vault
{
    public static class Program
    {
        [DllImport("libsodium")]
        private static extern int sodium_init();

        public static void Main() => Console.WriteLine("sodium is there: " + sodium_init());
    }
}
