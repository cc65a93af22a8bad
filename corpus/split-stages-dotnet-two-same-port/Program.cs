using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Legacy
{
    public static class Program
    {
        public static void Main(string[] args) => WebHost.CreateDefaultBuilder(args)
            .Configure(app => app.Run(context => context.Response.WriteAsync("legacy")))
            .Build()
            .Run();
    }
}
