using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;

namespace Visits
{
    public static class Program
    {
        public static void Main(string[] args) => Host.CreateDefaultBuilder(args)
            .ConfigureWebHostDefaults(web => web.UseStartup<Startup>().UseUrls("http://0.0.0.0:7000"))
            .Build()
            .Run();
    }
}
