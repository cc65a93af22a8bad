using System;
using System.IO;
using Microsoft.EntityFrameworkCore;

namespace Blog
{
    public class Post
    {
        public int Id { get; set; }

        public string Title { get; set; }
    }

    public class BlogContext : DbContext
    {
        public DbSet<Post> Posts { get; set; }

        private static string DbPath =>
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "blog.db");

        protected override void OnConfiguring(DbContextOptionsBuilder options) =>
            options.UseSqlite($"Data Source={DbPath}");
    }
}
