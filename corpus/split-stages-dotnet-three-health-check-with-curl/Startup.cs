using System.IO;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Visits
{
    public class Startup
    {
        private const string Log = "data/visits.log";

        public void Configure(IApplicationBuilder app)
        {
            Directory.CreateDirectory("data");
            app.Map("/health", health => health.Run(context => context.Response.WriteAsync("well")));
            app.Run(context =>
            {
                File.AppendAllText(Log, "x");
                return context.Response.WriteAsync("visits: " + File.ReadAllText(Log).Length);
            });
        }
    }
}
