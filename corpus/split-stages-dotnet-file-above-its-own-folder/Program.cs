using System;
using System.IO;

namespace Kitchen
{
    public static class Program
    {
        private const string Folder = "menu";

        public static void Main()
        {
            var path = Path.Combine(AppContext.BaseDirectory, "..", "..", "..", Folder, "today" + ".txt");
            Console.WriteLine("menu: " + File.ReadAllText(path).Trim());
        }
    }
}
