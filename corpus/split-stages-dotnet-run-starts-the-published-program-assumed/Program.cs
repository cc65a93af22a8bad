var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
var rates = builder.Configuration.GetSection("Rates").Get<Dictionary<string, decimal>>() ?? [];

app.MapGet("/", () => rates);
app.MapGet("/{currency}", (string currency) => rates.TryGetValue(currency, out var rate) ? Results.Ok(rate) : Results.NotFound());
app.Run();
