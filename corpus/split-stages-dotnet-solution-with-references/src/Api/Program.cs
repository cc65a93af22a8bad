var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();

app.MapGet("/", () => Acme.Core.Greeting.Text);
app.Run();
