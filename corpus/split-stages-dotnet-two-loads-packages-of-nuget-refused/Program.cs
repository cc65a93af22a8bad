using System;
using Newtonsoft.Json;

namespace Feed
{
    public static class Program
    {
        public static void Main() => Console.WriteLine(JsonConvert.SerializeObject(new { Items = 0 }));
    }
}
