using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace Blog
{
    public class Startup
    {
        public void Configure(IApplicationBuilder app) => app.Run(async context =>
        {
            using var blog = new BlogContext();
            blog.Database.EnsureCreated();
            blog.Posts.Add(new Post { Title = "first" });
            await blog.SaveChangesAsync();
            await context.Response.WriteAsync("posts: " + await blog.Posts.CountAsync());
        });
    }
}
