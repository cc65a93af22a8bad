using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Api
{
    public class Startup
    {
        private readonly IConfiguration configuration;

        public Startup(IConfiguration configuration) => this.configuration = configuration;

        public void Configure(IApplicationBuilder app) =>
            app.Run(context => context.Response.WriteAsync(Lines.Line.In(configuration["City"])));
    }
}
